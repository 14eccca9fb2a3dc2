#include "gateway/postgres/key_derivation.h"

#include <uv.h>

#include <cassert>
#include <utility>

#include "pgproto/secret_text.h"

namespace forebay::postgres {

struct KeyDerivation::Job {
  net::Loop& loop;
  pgproto::SecretText password;
  pgproto::ScramChallenge challenge;
  pgproto::ScramClientKeys keys;
  Done done;
  KeyDerivation* owner;  // null once nobody wants the keys
  uv_work_t request{};
};

KeyDerivation::KeyDerivation(net::Loop& loop, std::string password, pgproto::ScramChallenge challenge,
                             Done done)
    : job_(new Job{
          loop, pgproto::SecretText(std::move(password)), std::move(challenge), {}, std::move(done), this}) {
  job_->request.data = job_;
  const auto work = [](uv_work_t* request) {
    Job* job = static_cast<Job*>(request->data);
    job->keys = pgproto::scramKeys(job->password.view(), job->challenge);
  };
  const auto after = [](uv_work_t* request, int) {
    const std::unique_ptr<Job> job(static_cast<Job*>(request->data));
    job->loop.forgetNow();
    if (job->owner == nullptr) return;
    job->owner->job_ = nullptr;
    const Done finished = std::move(job->done);
    finished(job->keys);  // last: it may destroy the owner
  };
  [[maybe_unused]] const int status = uv_queue_work(loop.native(), &job_->request, work, after);
  assert(status == 0);  // it refuses only work that is no function
}

KeyDerivation::~KeyDerivation() {
  if (job_ == nullptr) return;
  job_->owner = nullptr;
  uv_cancel(reinterpret_cast<uv_req_t*>(&job_->request));  // where no thread has begun yet
}

}  // namespace forebay::postgres
