// LoginAttempt logs in as no library would: with an empty password, a wrong one, tampered SCRAM messages; and
// keeps every message that came back.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "tests/rig/raw_client.h"
#include "tests/rig/scram.h"

namespace forebay::rig {

class LoginAttempt {
 public:
  LoginAttempt(uint16_t port, const std::string& database, const std::string& user,
               const std::string& password)
      : client_(port) {
    client_.send(wire::startup({{"user", user}, {"database", database}}));
    const ScramProver prover(password);
    while (std::optional<Message> message = client_.read()) {
      heard_.push_back(*message);
      if (message->type == 'E' || message->type == 'Z') break;
      if (message->type == 'R') answer(user, password, prover, message->body);
    }
    if (!heard_.empty() && heard_.back().type == 'E') {
      error_ = heard_.back();
      EXPECT_FALSE(client_.read()) << "an error before the login's end is the last message";
    }
  }

  // Empty: it was let in.
  std::string sqlstate() const { return error_.field('C'); }
  std::string message() const { return error_.field('M'); }
  // What the server showed that a stranger could tell users by: the messages' kinds, in order, and the
  // error's words without the user's name.
  std::string shape() const {
    std::string out;
    for (const Message& each : heard_) {
      out += each.type;
      if (each.type == 'R')
        out += std::to_string(readBe32(each.body)) + "/" + std::to_string(each.body.size());
      out += ' ';
    }
    const std::string text = error_.field('M');
    const size_t quote = text.find('"');
    return out + sqlstate() + " " + text.substr(0, quote) +
           text.substr(std::min(text.rfind('"'), text.size())) + error_.field('D') + error_.field('H');
  }
  std::string salt() const { return salt_; }

 private:
  void answer(const std::string& user, const std::string& password, const ScramProver& prover,
              const std::string& request) {
    const std::string data = request.substr(4);
    switch (readBe32(request)) {
      case 3: return client_.send(wire::password(password));
      case 5: return client_.send(wire::md5Password(user, password, data));
      case 10: return client_.send(wire::saslInitialResponse("SCRAM-SHA-256", prover.first()));
      case 11:
        salt_ = data.substr(data.find(",s="), data.find(",i=") - data.find(",s="));
        return client_.send(wire::saslResponse(prover.final(data)));
      default: return;
    }
  }

  RawClient client_;
  std::vector<Message> heard_;
  Message error_;
  std::string salt_;
};

}  // namespace forebay::rig
