// One HTTP request on its way to an answer: asked for, perhaps suspended, answered once.
#pragma once

#include <microhttpd.h>

#include <functional>
#include <optional>

#include "gateway/http/api.h"

namespace forebay::http {

class Exchange {
 public:
  // `wake` makes the daemon look at resumed connections, in a later turn of the loop.
  Exchange(MHD_Connection* connection, std::function<void()> wake)
      : connection_(connection), wake_(std::move(wake)) {}

  bool asked() const { return asked_; }
  void setAsked() { asked_ = true; }
  bool answered() const { return response_.has_value(); }

  // The first answer counts: a late one after a time-out is dropped.
  void answer(Response response) {
    if (answered()) return;
    response_ = std::move(response);
    if (!suspended_) return;
    suspended_ = false;
    MHD_resume_connection(connection_);
    wake_();
  }

  void suspend() {
    suspended_ = true;
    MHD_suspend_connection(connection_);
  }

  // Hands the answer to libmicrohttpd.
  MHD_Result send() const;

 private:
  MHD_Connection* connection_;
  std::function<void()> wake_;
  std::optional<Response> response_;
  bool asked_ = false;
  bool suspended_ = false;
};

}  // namespace forebay::http
