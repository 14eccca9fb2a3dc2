#include <array>
#include <initializer_list>

#include "gateway/admin/show.h"

namespace forebay::admin {
namespace {

// One statistic under the name that each of the four tables has for it.
struct Statistic {
  uint64_t StatTotals::*field;
  std::string_view total, average;          // SHOW STATS
  std::string_view in_totals, in_averages;  // SHOW STATS_TOTALS, STATS_AVERAGES
  std::string_view row;                     // SHOW TOTALS, behind total_ and avg_
};

constexpr std::array kStatistics{
    Statistic{&StatTotals::server_assignments, "total_server_assignment_count", "avg_server_assignment_count",
              "server_assignment_count", "server_assignment_count", "server_assignment_count"},
    Statistic{&StatTotals::transactions, "total_xact_count", "avg_xact_count", "xact_count", "xact_count",
              "xact_count"},
    Statistic{&StatTotals::queries, "total_query_count", "avg_query_count", "query_count", "query_count",
              "query_count"},
    Statistic{&StatTotals::client_bytes, "total_received", "avg_recv", "bytes_received", "bytes_received",
              "client_bytes"},
    Statistic{&StatTotals::server_bytes, "total_sent", "avg_sent", "bytes_sent", "bytes_sent",
              "server_bytes"},
    Statistic{&StatTotals::transaction_time, "total_xact_time", "avg_xact_time", "xact_time", "xact_time",
              "xact_time"},
    Statistic{&StatTotals::query_time, "total_query_time", "avg_query_time", "query_time", "query_time",
              "query_time"},
    Statistic{&StatTotals::wait_time, "total_wait_time", "avg_wait_time", "wait_time", "wait_time",
              "wait_time"},
    Statistic{&StatTotals::client_parses, "total_client_parse_count", "avg_client_parse_count",
              "client_parse_count", "avg_client_parse_count", "ps_client_parse_count"},
    Statistic{&StatTotals::server_parses, "total_server_parse_count", "avg_server_parse_count",
              "server_parse_count", "avg_server_parse_count", "ps_server_parse_count"},
    Statistic{&StatTotals::binds, "total_bind_count", "avg_bind_count", "bind_count", "avg_bind_count",
              "ps_bind_count"},
};

using NameOf = std::string_view Statistic::*;

Table tableOf(std::initializer_list<NameOf> groups) {
  std::vector<TableColumn> columns{{"database"}};
  for (const NameOf name : groups)
    for (const Statistic& statistic : kStatistics) columns.push_back({statistic.*name, ColumnType::kNumeric});
  return Table(columns);
}

void appendValues(std::vector<Cell>& row, const StatTotals& values) {
  for (const Statistic& statistic : kStatistics) row.push_back(number(values.*statistic.field));
}

}  // namespace

Table showStats(const ShowContext& context) {
  Table out = tableOf({&Statistic::total, &Statistic::average});
  for (const auto& [database, totals] : totalsByDatabase(context.snapshot)) {
    std::vector<Cell> row{text(database)};
    appendValues(row, totals);
    appendValues(row, context.averages.of(database, totals, context.now));
    out.add(std::move(row));
  }
  return out;
}

Table showStatsTotals(const ShowContext& context) {
  Table out = tableOf({&Statistic::in_totals});
  for (const auto& [database, totals] : totalsByDatabase(context.snapshot)) {
    std::vector<Cell> row{text(database)};
    appendValues(row, totals);
    out.add(std::move(row));
  }
  return out;
}

Table showStatsAverages(const ShowContext& context) {
  Table out = tableOf({&Statistic::in_averages});
  for (const auto& [database, totals] : totalsByDatabase(context.snapshot)) {
    std::vector<Cell> row{text(database)};
    appendValues(row, context.averages.of(database, totals, context.now));
    out.add(std::move(row));
  }
  return out;
}

Table showTotals(const ShowContext& context) {
  constexpr std::array kColumns{TableColumn{"name"}, TableColumn{"value", ColumnType::kNumeric}};
  const StatTotals totals = sumOf(totalsByDatabase(context.snapshot));
  const StatTotals averages = context.averages.ofAll(totals, context.now);
  Table out(kColumns);
  for (const Statistic& statistic : kStatistics)
    out.add({text("total_" + std::string(statistic.row)), number(totals.*statistic.field)});
  for (const Statistic& statistic : kStatistics)
    out.add({text("avg_" + std::string(statistic.row)), number(averages.*statistic.field)});
  return out;
}

}  // namespace forebay::admin
