#include "gateway/admin/table.h"

#include <cassert>
#include <utility>

#include "pgproto/messages.h"

namespace forebay::admin {
namespace {

// https://www.postgresql.org/docs/current/catalog-pg-type.html: oid and typlen
pgproto::Column describe(const TableColumn& column) {
  switch (column.type) {
    case ColumnType::kText: return {column.name, 25, -1};
    case ColumnType::kInt4: return {column.name, 23, 4};
    case ColumnType::kInt8: return {column.name, 20, 8};
    case ColumnType::kNumeric: return {column.name, 1700, -1};
    case ColumnType::kBytea: return {column.name, 17, -1};
  }
  return {column.name, 25, -1};
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::toWire() const {
  std::vector<pgproto::Column> columns;
  columns.reserve(columns_.size());
  for (const TableColumn& column : columns_) columns.push_back(describe(column));

  std::string out;
  pgproto::appendRowDescription(out, columns);
  for (const auto& row : rows_) pgproto::appendDataRow(out, row);
  pgproto::appendCommandComplete(out, "SHOW");
  pgproto::appendReadyForQuery(out, 'I');
  return out;
}

}  // namespace forebay::admin
