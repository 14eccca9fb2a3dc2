// The columns that PgBouncer 1.25 has, by name, order and type: what its exporters, dashboards and scripts
// rely on.
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gateway/admin/console.h"
#include "tests/gateway/admin/fake_fleet.h"
#include "tests/gateway/admin/wire.h"

namespace forebay::admin {
namespace {

constexpr uint32_t kText = 25, kInt4 = 23, kInt8 = 20, kNumeric = 1700, kBytea = 17;

const std::string kConnection =
    "type user database replication state addr port/i local_addr local_port/i connect_time request_time "
    "wait/i "
    "wait_us/i close_needed/i ptr link remote_pid/i tls application_name prepared_statements/i id/i";
const std::string kSocket =
    kConnection + " recv_pos/i pkt_pos/i pkt_remain/i send_pos/i send_remain/i pkt_avail/i send_avail/i";

// A type is written behind the name where it is not text: i int4, q int8, N numeric, b bytea.
const std::map<std::string, std::string> kColumns = {
    {"POOLS",
     "database user cl_active/i cl_waiting/i cl_active_cancel_req/i cl_waiting_cancel_req/i sv_active/i "
     "sv_active_cancel/i sv_being_canceled/i sv_idle/i sv_used/i sv_tested/i sv_login/i maxwait/i "
     "maxwait_us/i "
     "pool_mode load_balance_hosts"},
    {"CLIENTS", kConnection},
    {"SERVERS", kConnection},
    {"SOCKETS", kSocket},
    {"ACTIVE_SOCKETS", kSocket},
    {"DATABASES",
     "name host port/i database force_user pool_size/i min_pool_size/i reserve_pool_size/i server_lifetime/i "
     "pool_mode load_balance_hosts max_connections/i current_connections/i max_client_connections/i "
     "current_client_connections/i paused/i disabled/i"},
    {"USERS",
     "name pool_size reserve_pool_size pool_mode max_user_connections/i current_connections/i "
     "max_user_client_connections/i current_client_connections/i"},
    {"STATS",
     "database total_server_assignment_count/N total_xact_count/N total_query_count/N total_received/N "
     "total_sent/N "
     "total_xact_time/N total_query_time/N total_wait_time/N total_client_parse_count/N "
     "total_server_parse_count/N "
     "total_bind_count/N avg_server_assignment_count/N avg_xact_count/N avg_query_count/N avg_recv/N "
     "avg_sent/N "
     "avg_xact_time/N avg_query_time/N avg_wait_time/N avg_client_parse_count/N avg_server_parse_count/N "
     "avg_bind_count/N"},
    {"STATS_TOTALS",
     "database server_assignment_count/N xact_count/N query_count/N bytes_received/N bytes_sent/N "
     "xact_time/N "
     "query_time/N wait_time/N client_parse_count/N server_parse_count/N bind_count/N"},
    {"STATS_AVERAGES",
     "database server_assignment_count/N xact_count/N query_count/N bytes_received/N bytes_sent/N "
     "xact_time/N "
     "query_time/N wait_time/N avg_client_parse_count/N avg_server_parse_count/N avg_bind_count/N"},
    {"TOTALS", "name value/N"},
    {"LISTS", "list items/i"},
    {"CONFIG", "key value default changeable"},
    {"MEM", "name size/i used/i free/i memtotal/i"},
    {"STATE", "key value"},
    {"VERSION", "version"},
    {"PEERS", "peer_id/i host port/i pool_size/i"},
    {"PEER_POOLS", "peer_id/i cl_active_cancel_req/i cl_waiting_cancel_req/i sv_active_cancel/i sv_login/i"},
    {"DNS_HOSTS", "hostname ttl/q addrs"},
    {"DNS_ZONES", "zonename serial/q count/i"},
    {"FDS",
     "fd/i task user database addr port/i cancel/q link/i client_encoding std_strings datestyle timezone "
     "password "
     "scram_client_key/b scram_server_key/b"},
    // Forebay's own:
    {"PINS", "client/q database user reason since server/q"},
    {"PREPARED", "server/q database user name clients/i sql_hash sql_length/i"},
    {"TOPOLOGY", "database node role timeline/q lag_bytes/q lag_ms/q evidence_age_ms/q state epoch/q why"},
    {"EVENTS", "time database node event"},
    {"REDIS_POOLS",
     "cache cl_login/i cl_idle/i cl_active/i cl_waiting/i cl_blocked/i cl_subscribed/i cl_pinned/i "
     "in_flight/q shared_login/i shared_active/i shared_idle/i shared_lost/i leased_login/i leased_active/i "
     "leased_idle/i subscriber_login/i subscriber_active/i channels/i patterns/i shard_channels/i "
     "leases_used/i lease_pool_size/i leases_waiting/i detours/q maxwait/i maxwait_us/i"},
    {"REDIS_CLIENTS",
     "id/q cache user addr port/i state db/i resp/i name library connect_time age/q idle/q wait/i wait_us/i "
     "outstanding/i lease/q subscriptions/i tls unparsed/q unsent/q command"},
    {"REDIS_NODES",
     "cache host port/i role state since error epoch/q version mode databases/i connections/i used_memory/q "
     "maxmemory/q evicted_keys/q hit_ratio/N clients/q blocked/q ops_per_second/q info_age/q lag_bytes/q "
     "lag_ms/q serves_reads/i reads/q"},
    {"REDIS_SLOWLOG", "time cache command total_us/q gateway_us/q redis_us/q client/q addr"},
    {"REDIS_HOTKEYS", "cache key samples/q"},
    {"REDIS_BIGKEYS", "cache key bytes/q seen_ago/q"},
};

std::vector<WireColumn> columnsOf(const std::string& text) {
  static const std::map<char, uint32_t> kTypes = {{'i', kInt4}, {'q', kInt8}, {'N', kNumeric}, {'b', kBytea}};
  std::vector<WireColumn> out;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const size_t slash = word.find('/');
    out.push_back({word.substr(0, slash), slash == std::string::npos ? kText : kTypes.at(word[slash + 1])});
  }
  return out;
}

class ShowColumns : public testing::TestWithParam<std::pair<const std::string, std::string>> {};

TEST_P(ShowColumns, AreThoseOfPgbouncer) {
  FakeFleet fleet;
  Console console(fleet, [] { return Instant{}; });
  std::string wire;
  console.handle("SHOW " + GetParam().first + ";", Role::kAdmin,
                 [&](std::string bytes) { wire = std::move(bytes); });

  const WireAnswer answer = readAnswer(wire);
  EXPECT_EQ(answer.columns, columnsOf(GetParam().second));
  EXPECT_EQ(answer.types.front(), 'T');
  EXPECT_EQ(answer.types.substr(answer.types.size() - 2), "CZ");
  EXPECT_EQ(answer.tag, "SHOW");
}

INSTANTIATE_TEST_SUITE_P(Every, ShowColumns, testing::ValuesIn(kColumns.begin(), kColumns.end()),
                         [](const auto& one) { return one.param.first; });

}  // namespace
}  // namespace forebay::admin
