// Borrower: whoever borrows a server connection from a pool: a client's session, or a query of Forebay's own.
//
// A borrower asks its WorkerPool for a server and later either gets lent() or failed(). While it has the
// server it sends through it and is told what comes back. All calls are on the worker's thread.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "pgproto/error.h"
#include "pools/parameters.h"
#include "pools/pool.h"
#include "pools/reply_tracker.h"
#include "pools/wal_position.h"

namespace forebay::postgres {

class Server;

class Borrower : public pools::Waiter {
 public:
  virtual ~Borrower() = default;

  // The server is the borrower's until it gives it back: checked, and with the borrower's parameters set.
  virtual void lent(Server& server) = 0;
  // A server was found, and is made ready for the borrower: whoever does not want it any more gives it back.
  // Null: it was lost before anything was sent, and the borrower waits again, in its old place.
  virtual void promised(Server* server) = 0;
  // No server can be had. `response` is a whole ErrorResponse to show the client: PostgreSQL's own where
  // there is one.
  virtual void failed(Bytes response) = 0;

  // While it has the server: a run of whole or partial messages to pass on, in order.
  virtual void received(Bytes run) = 0;
  // The run that was passed on last ended with a ReadyForQuery; `idle` when the server owes nothing more and
  // may go.
  virtual void ready(char status, bool idle) = 0;
  // A parameter that the server reports has changed.
  virtual void parameterChanged(Bytes name, Bytes value) = 0;
  // CommandComplete's tag, before it is passed on.
  virtual void commandCompleted(Bytes tag) = 0;
  // The oldest unanswered Parse or Close of a named statement was answered; or an error has come, and the
  // tracker knows what it took along.
  virtual void nameConfirmed() = 0;
  virtual void errorReceived(const pools::ReplyTracker& tracker) = 0;
  // Before an error is passed on: true has it, and all that answers the request, dropped. ready() still
  // comes.
  virtual bool asksAgain(const pgproto::ErrorFields&) { return false; }
  // A batch that we ended with a Sync of our own has been answered.
  virtual void batchEnded(bool idle) = 0;
  // The server takes bytes again after it had refused some.
  virtual void serverWritable() = 0;
  // The connection is gone, and the server no longer the borrower's. `response`: why, as an ErrorResponse;
  // empty when PostgreSQL's own words were passed on already.
  virtual void serverLost(Bytes response) = 0;
  // Before that, where PostgreSQL has not said so itself: a whole ErrorResponse that tells what the loss
  // means.
  virtual std::string explainLoss(std::string_view reason) const = 0;

  // On a replica: what it must have replayed. The server asks itself; where it has not, and does not soon
  // enough, behind() tells that it is not the borrower's after all.
  virtual pools::WalPosition floor() const { return {}; }
  virtual void behind() {}
  // What the server's session should have set; null: whatever it has.
  virtual const pools::ParametersRef& wantedParameters() const = 0;
  // The server is to be replaced as soon as it can be spared. Whoever keeps it between transactions may let
  // go now.
  virtual void closeWanted() {}
  // It waits, and no server can be dialled for now: it may have to give up sooner.
  virtual void heldBack() {}
  virtual uint64_t borrowerId() const = 0;
  // Does it wait while no server can be reached? Who is still logging in would rather know.
  virtual bool patient() const = 0;
};

}  // namespace forebay::postgres
