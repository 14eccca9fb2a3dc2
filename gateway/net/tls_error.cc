#include "gateway/net/tls_error.h"

#include <openssl/err.h>

#include <system_error>

namespace forebay::net {

std::string takeTlsError() {
  const char* detail = nullptr;
  int flags = 0;
  const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &detail, &flags);
  std::string text;
  if (code == 0) {
    text = "unknown TLS failure";
  } else if (ERR_SYSTEM_ERROR(code)) {
    text = std::generic_category().message(ERR_GET_REASON(code));
  } else {
    const char* reason = ERR_reason_error_string(code);
    text = reason != nullptr ? reason : "TLS error " + std::to_string(code);
    if (detail != nullptr && (flags & ERR_TXT_STRING) != 0 && *detail != '\0')
      text += std::string(" (") + detail + ")";
  }
  ERR_clear_error();
  return text;
}

}  // namespace forebay::net
