// What an operator can set for failover: [failover], and which of its servers a database's clients are for.
// Part of a Config (conf/config.h), with the same rules: immutable once published, a duration or limit of
// zero means "none", except where a comment says otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "conf/network.h"

namespace forebay::conf {

// Which servers of an entry clients may be given, with libpq's names and meaning. All but kAny ask for the
// roles of the servers to be discovered.
enum class TargetSessionAttrs : uint8_t {
  kAny,            // every one that takes connections
  kReadWrite,      // a primary whose transactions may write unless they say otherwise
  kReadOnly,       // one whose transactions may not: a standby, or read-only by its settings
  kPrimary,        // not in recovery
  kStandby,        // in recovery
  kPreferStandby,  // a standby if there is one, else any
};
std::string_view nameOf(TargetSessionAttrs target);

// Whether a replica is promoted without anybody's word, when there has been no primary for a while.
enum class Promote : uint8_t { kNever, kAuto };
std::string_view nameOf(Promote promote);

// The REST API of the Patroni that manages a database's servers: each member has one, and any of them will
// do.
struct PatroniSettings {
  std::vector<RestUrl> urls{};  // none: there is no Patroni, or it is not asked
  std::string user{};           // of its `restapi: authentication`; empty: no login
  std::string password{};       // a secret: never shown, never logged
  std::string password_file{};  // read at start and at each reload
  std::string tls_ca_file{};    // who signed its certificate; empty: whom the system trusts
  bool operator==(const PatroniSettings&) const = default;
};

struct FailoverSettings {
  // A server whose role is to be known is asked every probe_interval, and every probe_fast_interval while a
  // primary is missing or in doubt. None of the three may be zero.
  Duration probe_interval = seconds(1), probe_fast_interval = milliseconds(50), probe_timeout = seconds(1);
  // An answer that is older proves nothing.
  Duration evidence_max_age = seconds(3);
  // How long a server that alone claims to be primary, and that nothing confirms, is waited with.
  Duration lone_primary_wait = seconds(2);

  // While there is no primary, clients that need one are held for at most hold_timeout (0: not at all), so
  // many of them, and so many bytes of what they have sent.
  Duration hold_timeout = seconds(30);
  uint32_t hold_max_clients = 10000;
  uint64_t hold_max_bytes = uint64_t{64} << 20;

  std::string probe_user;           // empty: the database's own user
  std::string probe_password;       // a secret: never shown, never logged
  std::string probe_password_file;  // read at start and at each reload
  std::string probe_dbname;         // empty: the database's own

  // Where no manager such as Patroni is configured. The command is run by /bin/sh before each promotion,
  // which is not made unless it succeeds within its time: it makes sure that the former primary stays away.
  Promote promote = Promote::kNever;
  Duration promote_delay = seconds(10), fencing_timeout = seconds(15);
  std::string fencing_command{};
  bool operator==(const FailoverSettings&) const = default;
};

}  // namespace forebay::conf
