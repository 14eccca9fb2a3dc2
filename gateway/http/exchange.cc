#include "gateway/http/exchange.h"

#include <cassert>
#include <memory>

namespace forebay::http {

MHD_Result Exchange::send() const {
  assert(answered());
  const Response& answer = *response_;
  // Copied: libmicrohttpd may still send it when this is gone. It only reads from the pointer.
  const std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)> out(
      MHD_create_response_from_buffer(answer.body.size(), const_cast<char*>(answer.body.data()),
                                      MHD_RESPMEM_MUST_COPY),
      MHD_destroy_response);
  if (out == nullptr) return MHD_NO;
  MHD_add_response_header(out.get(), MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
  MHD_add_response_header(out.get(), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(out.get(), "X-Content-Type-Options", "nosniff");
  if (!answer.allow.empty()) MHD_add_response_header(out.get(), MHD_HTTP_HEADER_ALLOW, answer.allow.c_str());
  return MHD_queue_response(connection_, answer.status, out.get());
}

}  // namespace forebay::http
