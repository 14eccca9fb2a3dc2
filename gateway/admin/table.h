// Table: the result of a SHOW, and its bytes on the wire.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forebay::admin {

enum class ColumnType : uint8_t { kText, kInt4, kInt8, kNumeric, kBytea };

struct TableColumn {
  std::string_view name;  // of static storage
  ColumnType type = ColumnType::kText;
};

using Cell = std::optional<std::string>;  // nullopt: NULL

inline Cell text(std::string_view value) { return std::string(value); }
inline Cell number(std::integral auto value) { return std::to_string(value); }
inline Cell flag(bool value) { return std::string(value ? "1" : "0"); }

class Table {
 public:
  explicit Table(std::span<const TableColumn> columns) : columns_(columns.begin(), columns.end()) {}

  void add(std::vector<Cell> row);  // one cell per column

  const std::vector<TableColumn>& columns() const { return columns_; }
  const std::vector<std::vector<Cell>>& rows() const { return rows_; }

  // RowDescription, a DataRow for each row, CommandComplete "SHOW" and ReadyForQuery.
  std::string toWire() const;

 private:
  std::vector<TableColumn> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace forebay::admin
