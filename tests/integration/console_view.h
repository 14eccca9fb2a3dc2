// ConsoleView reads off the admin console what a test waits for: "one client waits", "no server is left".
#pragma once

#include <string>

#include "tests/rig/connection.h"
#include "tests/rig/eventually.h"
#include "tests/rig/forebay.h"

namespace forebay::rig {

class ConsoleView {
 public:
  explicit ConsoleView(const Forebay& forebay) : console_(forebay.consoleConninfo()) {}

  // A column of SHOW POOLS, summed over the users of `database`.
  int pools(const std::string& column, const std::string& database = "app") {
    const QueryResult shown = console_.exec("show pools");
    int sum = 0;
    for (int row = 0; row < shown.rows(); ++row)
      if (shown.value(row, "database") == database) sum += std::stoi(shown.value(row, column));
    return sum;
  }

  int servers(const std::string& database = "app") {
    const QueryResult shown = console_.exec("show servers");
    int count = 0;
    for (int row = 0; row < shown.rows(); ++row)  // what a CancelRequest travels on is none
      count += shown.value(row, "database") == database && shown.value(row, "state") != "active_cancel";
    return count;
  }

  // Does SHOW EVENTS tell of it by now?
  bool tells(const std::string& what) {
    const QueryResult events = console_.exec("show events");
    for (int row = 0; row < events.rows(); ++row)
      if (events.value(row, "event").find(what) != std::string::npos) return true;
    return false;
  }

  bool clientsWait(int count, const std::string& database = "app") {
    return eventually([&] { return pools("cl_waiting", database) == count; });
  }
  bool serversBecome(int count, const std::string& database = "app") {
    return eventually([&] { return servers(database) == count; });
  }

  Connection& connection() { return console_; }

 private:
  Connection console_;
};

}  // namespace forebay::rig
