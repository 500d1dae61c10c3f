// One fetch in libcurl's hands: its options, what its callbacks see, and what becomes of it.

#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "probe/core/fetcher.h"
#include "probe/http/curl_fetcher.h"

namespace probe {

struct HandleFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Confined to the fetcher's thread, once it is taken there.
struct CurlFetcher::Transfer {
  Transfer(Fetching asked, Fetcher::Done to_call)
      : fetching(std::move(asked)), done(std::move(to_call)) {}

  // False without memory. The options point into this object, which stays where it is.
  bool Prepare(const std::string& user_agent);
  // Says how the transfer ended.
  void Finish(CURLcode code);
  void Give(Fetched::Kind kind, const std::string& note);

  const Fetching fetching;
  Fetcher::Done done;
  std::unique_ptr<curl_slist, ListFree> headers = nullptr;
  std::unique_ptr<curl_slist, ListFree> connect_to = nullptr;
  std::unique_ptr<CURL, HandleFree> handle = nullptr;  // goes before what it points to
  std::array<char, CURL_ERROR_SIZE> error{};
  Fetched fetched = {};
  std::size_t head_size = 0;
  bool has_location = false;
  bool head_too_long = false;
  bool enough = false;  // a redirect: the rest is not read

 private:
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user);
  static curl_socket_t OpenSocket(void* user, curlsocktype purpose, curl_sockaddr* address);

  bool TakeHeaderLine(const std::string& line);
  void SetConnection();
  bool SetRequest(const std::string& user_agent);
};

}  // namespace probe
