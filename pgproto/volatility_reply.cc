#include "pgproto/volatility_reply.h"

#include <array>

#include "pgproto/error.h"
#include "pgproto/frame.h"
#include "pgproto/messages.h"

namespace forebay::pgproto {
namespace {

// A row has two names, and an error a text for people.
constexpr uint32_t kMaxMessage = 64 * 1024;

}  // namespace

void VolatilityReply::take(Bytes run) {
  if (!failure_.empty()) return;
  if (!part_.empty()) run = part_.append(run);
  Frame frame;
  while (failure_.empty()) {  // giving up takes away what `run` points to
    switch (scanFrame(run, kMaxMessage, frame)) {
      case Scan::kNeedMore: part_ = std::string(run); return;
      case Scan::kMalformed: return giveUp("the answer makes no sense");
      case Scan::kFrame: break;
    }
    read(frame.type, frame.body);
    run.remove_prefix(frame.whole.size());
  }
}

void VolatilityReply::read(char type, Bytes body) {
  if (type == 'D') return readRow(body);
  if (type != 'E') return;
  ErrorFields fields;
  parseErrorFields(body, fields);
  giveUp(std::string(fields.message()));
}

void VolatilityReply::readRow(Bytes body) {
  std::array<Bytes, 4> columns;
  if (!parseDataRow(body, values_) || values_.size() != columns.size()) return giveUp("a row makes no sense");
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = values_[i].value_or(Bytes());
  std::optional<CatalogRow> row = readCatalogRow(columns);
  if (!row) return giveUp("a row makes no sense");
  bytes_ += row->schema.size() + row->name.size();
  if (bytes_ > most_bytes_)
    return giveUp("it has more than " + std::to_string(most_bytes_) + " bytes of names");
  rows_.push_back(std::move(*row));
}

void VolatilityReply::giveUp(std::string why) {
  failure_ = why.empty() ? "an error without a message" : std::move(why);
  part_ = {};
  rows_ = {};
}

Result<std::shared_ptr<const VolatilityCatalog>> VolatilityReply::catalog() const {
  if (!failure_.empty()) return Error{failure_};
  if (!part_.empty() || rows_.empty()) return Error{"the answer is not whole"};
  return std::make_shared<const VolatilityCatalog>(rows_);
}

}  // namespace forebay::pgproto
