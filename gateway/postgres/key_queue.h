// KeyQueue derives keys from passwords for the logins of one worker, one derivation after another
// (KeyDerivation): strangers decide how many there are, and the thread pool has more to do than that.
//
// Whoever asks owns a Place. Destroying it withdraws the question, so the queue is never longer than there
// are clients; what is under way goes on to its end, so leaving early makes no room for more. On the worker's
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/intrusive_list.h"
#include "gateway/net/loop.h"
#include "gateway/postgres/key_derivation.h"
#include "pgproto/scram.h"

namespace forebay::postgres {

class KeyQueue final {
 public:
  enum class Use : uint8_t {
    kLogin,    // goes first
    kRefusal,  // only for the time that it takes
  };

  class Place final : private ListNode<KeyQueue> {
   public:
    // Calls `done` once from the loop; it may destroy the Place.
    Place(KeyQueue& queue, Use use, std::string password, pgproto::ScramChallenge challenge,
          KeyDerivation::Done done);
    ~Place();

   private:
    friend KeyQueue;
    friend IntrusiveList<Place, KeyQueue>;
    KeyQueue& queue_;
    std::string password_;
    const pgproto::ScramChallenge challenge_;
    KeyDerivation::Done done_;
  };

  explicit KeyQueue(net::Loop& loop) : loop_(loop) {}
  KeyQueue(const KeyQueue&) = delete;
  KeyQueue& operator=(const KeyQueue&) = delete;

 private:
  void next();
  void derived(const pgproto::ScramClientKeys& keys);

  net::Loop& loop_;
  IntrusiveList<Place, KeyQueue> logins_, refusals_;
  std::unique_ptr<KeyDerivation> under_way_;
  Place* served_ = nullptr;  // whom it is for; null: nobody any more
};

}  // namespace forebay::postgres
