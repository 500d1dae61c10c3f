// The pages that an http-01 check comes to: the challenge's own, and those it is redirected to.
//
//   page 0: http://host/… ── at its addresses: 192.0.2.1 ─ 301 ─► page 1: https://host/…
//                                              192.0.2.2 ─ 200      ── at its addresses: …
//
// Every page is fetched from every address of its host, since a CA may come to any of them. Two
// visits that redirect to one URL after as many redirects lead to the same page, so a page is
// fetched once, and redirects only lead from a page to one of the next depth: what is learned is
// a graph without circles. Pure: nothing here asks or fetches.

#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "observation/observation.h"
#include "probe/core/http_reading.h"
#include "probe/core/http_url.h"
#include "probe/core/ip_address.h"

namespace probe {

// Confined to its loop's thread.
class HttpPages {
 public:
  struct Visit {
    IpAddress address = {};
    std::optional<observation::Observation> seen = std::nullopt;  // unset until there is an answer
    std::optional<std::size_t> next = std::nullopt;               // the page that it redirects to
  };
  struct Page {
    std::vector<HttpUrl> path = {};  // the URLs that led here, its own last
    std::vector<Visit> visits = {};
    // Why some of its addresses are not visited; before its look-up: that time was over.
    std::optional<observation::Observation> gap = std::nullopt;
  };

  explicit HttpPages(HttpUrl challenge);

  Page& page(std::size_t index) { return pages_[index]; }

  // What a visit saw. Returns the page that it leads to if that is a new one, which is then to be
  // visited.
  std::optional<std::size_t> Record(std::size_t page, std::size_t visit, HttpReading reading);

  // Whether an answer, or the lack of any address, is a 'no'.
  bool SomeDisagree() const;

  // One observation for each address of the challenge's host, and one for its gap. An address that
  // redirects says what the weakest of the addresses says to which it leads. Visits without an
  // answer say that the check's time was over. May be called once.
  std::vector<observation::Observation> Conclude();

 private:
  observation::Observation Judge(Visit& visit, const Page& page,
                                 const std::vector<observation::Observation>& of_pages) const;

  std::deque<Page> pages_;  // references stay good while pages are added
};

}  // namespace probe
