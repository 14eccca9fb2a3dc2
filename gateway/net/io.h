// What one attempt to move bytes through a non-blocking socket can end in.
#pragma once

#include <cstddef>
#include <cstdint>

namespace forebay::net {

enum class IoStatus : uint8_t {
  kOk,         // `bytes` were moved, more than none
  kWantRead,   // nothing moved: try again when the socket is readable
  kWantWrite,  // nothing moved: try again when the socket is writable
  kClosed,     // the peer closed its side in good order
  kError,      // the connection is lost; `error` is an errno, or 0 for a TLS failure
};

struct IoResult {
  IoStatus status = IoStatus::kOk;
  size_t bytes = 0;
  int error = 0;
};

}  // namespace forebay::net
