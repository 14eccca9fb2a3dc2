// Reads what the console answers, as a client would.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "pgproto/error.h"
#include "pgproto/frame.h"
#include "pgproto/messages.h"

namespace forebay::admin {

struct WireColumn {
  std::string name;
  uint32_t oid = 0;
  bool operator==(const WireColumn&) const = default;
};

inline void PrintTo(const WireColumn& column, std::ostream* out) { *out << column.name << ":" << column.oid; }

struct WireAnswer {
  std::string types;  // of all messages: "TDDCZ"
  std::vector<WireColumn> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::string tag, sqlstate, severity, message, detail;

  // The value in the column of that name; "NULL" for none. The row is the first whose first cell is `key`.
  std::string at(std::string_view key, std::string_view column) const {
    for (const auto& row : rows) {
      if (row[0] != key) continue;
      for (size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].name == column) return row[i].value_or("NULL");
      }
    }
    ADD_FAILURE() << "no cell for " << key << ", " << column;
    return "";
  }
};

inline void readColumns(Bytes body, WireAnswer& out) {
  pgproto::Reader in(body);
  for (uint16_t left = in.int16(); left > 0; --left) {
    WireColumn& column = out.columns.emplace_back();
    column.name = in.cstring();
    in.int32(), in.int16();  // table, attribute
    column.oid = in.int32();
    in.int16(), in.int32(), in.int16();  // size, modifier, format
  }
  EXPECT_TRUE(in.atEnd());
}

inline WireAnswer readAnswer(Bytes wire) {
  WireAnswer out;
  pgproto::Frame frame;
  while (!wire.empty() && pgproto::scanFrame(wire, 1u << 30, frame) == pgproto::Scan::kFrame) {
    wire.remove_prefix(frame.whole.size());
    out.types += frame.type;
    if (frame.type == 'T') readColumns(frame.body, out);
    if (frame.type == 'C') out.tag = pgproto::Reader(frame.body).cstring();
    if (frame.type == 'D') {
      std::vector<std::optional<Bytes>> cells;
      EXPECT_TRUE(pgproto::parseDataRow(frame.body, cells));
      auto& row = out.rows.emplace_back();
      for (const auto& cell : cells) row.push_back(cell ? std::optional(std::string(*cell)) : std::nullopt);
    }
    if (frame.type == 'E' || frame.type == 'N') {
      pgproto::ErrorFields fields;
      EXPECT_TRUE(pgproto::parseErrorFields(frame.body, fields));
      std::tie(out.severity, out.sqlstate) = std::tuple(fields.severity(), fields.sqlstate());
      std::tie(out.message, out.detail) = std::tuple(fields.message(), fields.get('D'));
    }
  }
  EXPECT_TRUE(wire.empty()) << "bytes behind the last whole message";
  return out;
}

}  // namespace forebay::admin
