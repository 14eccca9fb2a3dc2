#include "gateway/net/outbox.h"

namespace forebay::net {

IoResult Outbox::send(Socket& socket, BufferPool& pool, std::span<const Bytes> runs) {
  size_t sent = 0;
  if (kept_.empty()) {
    const IoResult result = socket.write(runs);
    if (result.status == IoStatus::kError || result.status == IoStatus::kClosed)
      return {IoStatus::kError, 0, result.error};
    if (result.status == IoStatus::kOk) sent = result.bytes;
    if (runs.size() == 1 && sent == runs[0].size()) return {IoStatus::kOk, sent, 0};
  }
  size_t skip = sent;
  for (const Bytes run : runs) {
    const size_t from = skip < run.size() ? skip : run.size();
    kept_.append(pool, run.substr(from));
    skip -= from;
  }
  return {IoStatus::kOk, sent, 0};
}

IoResult Outbox::flush(Socket& socket, BufferPool& pool) {
  size_t sent = 0;
  while (!kept_.empty()) {
    const IoResult result = socket.write(kept_.bytes());
    if (result.status == IoStatus::kError || result.status == IoStatus::kClosed)
      return {IoStatus::kError, sent, result.error};
    if (result.status != IoStatus::kOk) break;
    sent += result.bytes;
    kept_.consume(pool, result.bytes);
  }
  return {IoStatus::kOk, sent, 0};
}

}  // namespace forebay::net
