// A SQL text: its shape, and whether it only reads. What is found out from a shape must hold for every text
// that has it.
#include <string>

#include "pgproto/read_only.h"
#include "pgproto/sql_shape.h"
#include "tests/fuzz/fuzz.h"

using namespace forebay;
using namespace forebay::fuzz;
using namespace forebay::pgproto;

namespace {

const VolatilityCatalog& catalog() {
  static const VolatilityCatalog kCatalog({{CatalogKind::kFunction, "pg_catalog", "now", true},
                                           {CatalogKind::kFunction, "pg_catalog", "count", true},
                                           {CatalogKind::kFunction, "pg_catalog", "nextval", false},
                                           {CatalogKind::kOperator, "pg_catalog", "=", true},
                                           {CatalogKind::kOperator, "pg_catalog", "-", true},
                                           {CatalogKind::kOperator, "pg_catalog", "+", true},
                                           {CatalogKind::kType, "pg_catalog", "int4", true},
                                           {CatalogKind::kRelation, "public", "a_view", false}});
  return kCatalog;
}

std::string shapeOf(Bytes sql) {
  static SqlShaper shaper;
  return std::string(shaper.shape(sql));
}

// Is what the text says no more than what its shape says? A text that PostgreSQL refuses says nothing.
bool holdsFor(const Classification& text, const Classification& shape) {
  if (text.reason == Classification::Reason::kUnreadable) return true;
  return shape.kind == Classification::Kind::kOther || shape == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string sql(asBytes(data, size));
  if (sql.size() > kMaxClassifiedSql || sql.find('\0') != std::string::npos) return 0;
  const std::string shape = shapeOf(sql);
  require(shape.size() <= sql.size() + sql.size() / 2 + 1, "a shape is hardly longer than its text");

  const Classification text = classify(sql, &catalog());
  const Classification known = classify(shape, &catalog());
  if (text.reason != Classification::Reason::kUnreadable)
    require(shapeOf(shape) == shape, "the shape of a shape is itself");
  require(holdsFor(text, known), "what holds for a shape holds for its texts");
  require((text.kind == Classification::Kind::kOther) == (text.reason != Classification::Reason::kNone),
          "there is a reason where there is no answer");
  const bool reads = text.kind == Classification::Kind::kRead;
  if (beginsAsWrite(sql)) require(!reads, "what begins as a write does not only read");
  if (classify(sql, nullptr).kind == Classification::Kind::kRead)
    require(reads, "a catalog takes nothing away");
  if (reads && text.statements == 1)
    require(classify(sql + "\n; delete from t", &catalog()).kind == Classification::Kind::kOther,
            "a write behind it makes it none");
  return 0;
}
