#include "pgproto/volatility_catalog.h"

#include <algorithm>
#include <tuple>

namespace forebay::pgproto {
namespace {

// Stable, says the catalog. But what they answer belongs to the server or the session that they run on, or
// they begin what a standby refuses; so they are the primary's.
constexpr Bytes kTellOfTheServer[] = {
    "current_setting",
    "inet_server_addr",
    "inet_server_port",
    "pg_available_extension_versions",
    "pg_available_extensions",
    "pg_backend_pid",
    "pg_conf_load_time",
    "pg_config",
    "pg_current_snapshot",
    "pg_current_xact_id",
    "pg_current_xact_id_if_assigned",
    "pg_cursor",
    "pg_get_replication_slots",
    "pg_is_other_temp_schema",
    "pg_listening_channels",
    "pg_my_temp_schema",
    "pg_postmaster_start_time",
    "pg_prepared_statement",
    "pg_show_all_settings",
    "txid_current",
    "txid_current_if_assigned",
    "txid_current_snapshot",
};

bool tellsOfTheServer(Bytes function) {
  return function.starts_with("pg_stat_") ||
         std::binary_search(std::begin(kTellOfTheServer), std::end(kTellOfTheServer), function);
}

bool isAscii(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool isKind(char kind) { return Bytes("fotrai").find(kind) != Bytes::npos; }

}  // namespace

std::optional<CatalogRow> readCatalogRow(std::span<const Bytes> columns) {
  if (columns.size() != 4 || columns[0].size() != 1 || !isKind(columns[0][0])) return std::nullopt;
  return CatalogRow{static_cast<CatalogKind>(columns[0][0]), std::string(columns[1]), std::string(columns[2]),
                    columns[3] == "t"};
}

VolatilityCatalog::VolatilityCatalog(const std::vector<CatalogRow>& rows) {
  entries_.reserve(rows.size());
  for (const CatalogRow& row : rows) {
    // Longer names are no identifiers: PostgreSQL's end at 63 bytes, or at what it was built for.
    if (row.name.size() > UINT16_MAX || row.schema.size() > UINT16_MAX) continue;
    if (row.kind == CatalogKind::kImplicit) unsafe_unseen_ = true;
    const bool safe = row.safe && !(row.kind == CatalogKind::kFunction && tellsOfTheServer(row.name));
    entries_.push_back({static_cast<uint32_t>(names_.size()), static_cast<uint16_t>(row.name.size()),
                        static_cast<uint16_t>(row.schema.size()), row.kind, safe});
    names_.append(row.name).append(row.schema);
  }
  names_.shrink_to_fit();
  std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
    return std::tuple(a.kind, name(a)) < std::tuple(b.kind, name(b));
  });
}

VolatilityCatalog::Verdict VolatilityCatalog::find(CatalogKind kind, Bytes schema_name, Bytes wanted) const {
  if (unsafe_unseen_) return Verdict::kUnsafe;
  if (!isAscii(wanted) || !isAscii(schema_name)) return Verdict::kUnknown;
  auto entry = std::lower_bound(
      entries_.begin(), entries_.end(), std::tuple(kind, wanted),
      [this](const Entry& at, const auto& key) { return std::tuple(at.kind, name(at)) < key; });
  bool found = false;
  for (; entry != entries_.end() && entry->kind == kind && name(*entry) == wanted; ++entry) {
    if (!schema_name.empty() && schema(*entry) != schema_name) continue;
    if (!entry->safe) return Verdict::kUnsafe;
    found = true;
  }
  const bool only_unsafe_are_listed = kind == CatalogKind::kRelation || kind == CatalogKind::kAttribute;
  return found || only_unsafe_are_listed ? Verdict::kSafe : Verdict::kUnknown;
}

}  // namespace forebay::pgproto
