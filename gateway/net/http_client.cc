#include "gateway/net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "conf/address.h"

namespace forebay::net {
namespace {

constexpr size_t kMaxReply = size_t{1} << 20;

// Once per process; more often does no harm.
void* makeMulti() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return curl_multi_init();
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using ListPtr = std::unique_ptr<curl_slist, FreeList>;

ListPtr listOf(const std::string& entry) { return ListPtr(curl_slist_append(nullptr, entry.c_str())); }

// Any host and port of a request is to be found at this address.
std::string connectTo(const SocketAddress& address) { return "::" + address.text(); }

long wholeMillis(Duration time) {
  return std::max(1L, static_cast<long>(std::chrono::duration_cast<milliseconds>(time).count()));
}

}  // namespace

struct HttpClient::Exchange {
  struct Cleanup {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };

  static size_t write(const char* data, size_t, size_t size, void* exchange) {
    auto& self = *static_cast<Exchange*>(exchange);
    self.too_large = size > kMaxReply - self.reply.body.size();
    if (self.too_large) return 0;
    self.reply.body.append(data, size);
    return size;
  }
  std::string whyNot(CURLcode code) const {
    if (too_large) return "the reply is larger than 1 MiB";
    return message[0] != '\0' ? message.data() : curl_easy_strerror(code);
  }

  HttpRequest request;
  Done done;
  Resolver::Ticket ticket{};
  std::string url{};
  HttpReply reply{};
  bool too_large = false;
  std::array<char, CURL_ERROR_SIZE> message{};
  ListPtr connect_to{}, headers{};
  std::unique_ptr<CURL, Cleanup> easy{};  // the first to go, for it uses the others
};

HttpClient::HttpClient(Loop& loop, Resolver& resolver)
    : loop_(loop),
      resolver_(resolver),
      multi_(makeMulti()),
      timer_(loop, [this] { proceed(CURL_SOCKET_TIMEOUT, 0); }) {
  assert(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(
      multi_, CURLMOPT_SOCKETFUNCTION, +[](CURL*, curl_socket_t socket, int what, void* self, void*) {
        static_cast<HttpClient*>(self)->watch(socket, what);
        return 0;
      });
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(
      multi_, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long delay, void* self) {
        Tick& timer = static_cast<HttpClient*>(self)->timer_;
        if (delay < 0) {
          timer.cancel();
        } else {
          timer.in(milliseconds(delay));
        }
        return 0;
      });
}

HttpClient::~HttpClient() {
  for (const auto& exchange : exchanges_)
    if (exchange->easy) curl_multi_remove_handle(multi_, exchange->easy.get());
  exchanges_.clear();
  curl_multi_cleanup(multi_);
}

void HttpClient::send(HttpRequest request, Done done) {
  exchanges_.push_back(std::make_unique<Exchange>(Exchange{std::move(request), std::move(done)}));
  Exchange& exchange = *exchanges_.back();
  Resolver::Ticket ticket = resolver_.resolve(exchange.request.url.at, loop_.now(),
                                              [this, &exchange](Result<Resolver::Addresses> addresses) {
                                                if (!addresses)
                                                  return finish(exchange, Error{addresses.error()});
                                                begin(exchange, addresses->front());
                                              });
  if (ticket.waiting()) exchange.ticket = std::move(ticket);  // else it may be gone already
}

void HttpClient::begin(Exchange& exchange, const SocketAddress& address) {
  const HttpRequest& request = exchange.request;
  exchange.easy.reset(curl_easy_init());
  CURL* const easy = exchange.easy.get();
  assert(easy != nullptr);
  exchange.url = conf::format(request.url) + request.path;
  exchange.connect_to = listOf(connectTo(address));
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &exchange);
  curl_easy_setopt(easy, CURLOPT_URL, exchange.url.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, exchange.connect_to.get());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, wholeMillis(request.timeout));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "forebay");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.message.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  if (!request.json.empty()) {
    exchange.headers = listOf("Content-Type: application/json");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange.headers.get());
    // On a kept connection that turns out to be dead libcurl would send it again, though it may have been
    // heard.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.json.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.json.data());
  }
  if (!request.user.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
  }
  if (!request.tls_ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, request.tls_ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  curl_multi_add_handle(multi_, easy);  // it goes on with the timer
}

// Called by libcurl, before it closes a socket too.
void HttpClient::watch(int socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    watched_.erase(socket);
    return;
  }
  std::unique_ptr<Watched>& watched = watched_[socket];
  if (!watched) {
    watched = std::make_unique<Watched>(Watched{*this, socket, nullptr});
    watched->poll = makePoll(loop_.native(), socket, watched.get());
  }
  if (!watched->poll) return;  // what it is for fails when its time is over
  const int events =
      ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  uv_poll_start(watched->poll.get(), events, [](uv_poll_t* poll, int failure, int ready) {
    const Watched& on = *static_cast<Watched*>(poll->data);
    const int bits = failure != 0 ? CURL_CSELECT_ERR
                                  : ((ready & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                        ((ready & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    on.owner.proceed(on.socket, bits);
  });
}

void HttpClient::proceed(int socket, int events) {
  loop_.forgetNow();
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  collect();
}

void HttpClient::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CURL* const easy = message->easy_handle;
    Exchange* exchange = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &exchange->reply.status);
    curl_multi_remove_handle(multi_, easy);
    if (code == CURLE_OK) {
      finish(*exchange, std::move(exchange->reply));
    } else {
      finish(*exchange, Error{exchange->whyNot(code)});
    }
  }
}

void HttpClient::finish(Exchange& exchange, Result<HttpReply> reply) {
  const Done done = std::move(exchange.done);
  std::erase_if(exchanges_, [&](const auto& each) { return each.get() == &exchange; });
  done(std::move(reply));
}

}  // namespace forebay::net
