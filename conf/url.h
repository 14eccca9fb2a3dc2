// postgres://user:password@host:port,host2/dbname?sslmode=require, as libpq reads it.
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "conf/config.h"

namespace forebay::conf {

struct DatabaseUrl {
  Database database;  // without a name; dbname and user are empty when the URL has none
  // Parameters that hold for all servers here, under the name and in the unit of their setting in [postgres].
  std::map<std::string, std::string> global;
};

// An error says which part is wrong and never repeats the URL, since its password might come along.
Result<DatabaseUrl> parseDatabaseUrl(std::string_view url);

}  // namespace forebay::conf
