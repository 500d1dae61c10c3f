#include "probe/check/http_pages.h"

#include <algorithm>
#include <utility>

#include "probe/core/ask_order.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;

}  // namespace

HttpPages::HttpPages(HttpUrl challenge) { pages_.push_back({.path = {std::move(challenge)}}); }

std::optional<std::size_t> HttpPages::Record(std::size_t page, std::size_t visit,
                                             HttpReading reading) {
  Visit& recorded = pages_[page].visits[visit];
  recorded.seen = std::move(reading.observation);
  if (!reading.redirect) return std::nullopt;
  const std::size_t depth = pages_[page].path.size();
  const auto known = std::ranges::find_if(pages_, [&](const Page& other) {
    return other.path.size() == depth + 1 && other.path.back() == *reading.redirect;
  });
  recorded.next = static_cast<std::size_t>(known - pages_.begin());
  if (known != pages_.end()) return std::nullopt;
  Page next{.path = pages_[page].path};
  next.path.push_back(*std::move(reading.redirect));
  pages_.push_back(std::move(next));
  return recorded.next;
}

bool HttpPages::SomeDisagree() const {
  const auto disagrees = [](const std::optional<Observation>& seen) {
    return seen && seen->vote == observation::Vote::kDisagree;
  };
  return std::ranges::any_of(pages_, [&](const Page& page) {
    return disagrees(page.gap) || std::ranges::any_of(page.visits, disagrees, &Visit::seen);
  });
}

Observation HttpPages::Judge(Visit& visit, const Page& page,
                             const std::vector<Observation>& of_pages) const {
  if (!visit.seen) {
    visit.seen =
        NoPage(Outcome::kTimeout, "the check's time was over before an answer came", page.path);
  }
  Observation judged = *std::move(visit.seen);
  if (!visit.next) return judged;
  const absl::Duration round_trip_time = judged.round_trip_time;
  judged = of_pages[*visit.next];
  // This address was reached: it is not excused by what it leads to.
  if (IsUnreached(judged)) judged.outcome = Outcome::kNotAsked;
  judged.round_trip_time = round_trip_time;
  return judged;
}

std::vector<Observation> HttpPages::Conclude() {
  std::vector<Observation> of_pages(pages_.size());
  std::vector<std::size_t> deepest_first(pages_.size());
  for (std::size_t i = 0; i < pages_.size(); ++i) deepest_first[i] = i;
  std::ranges::stable_sort(deepest_first, std::ranges::greater(),
                           [this](std::size_t i) { return pages_[i].path.size(); });
  std::vector<Observation> seen;
  for (const std::size_t i : deepest_first) {
    seen.clear();
    for (Visit& visit : pages_[i].visits) seen.push_back(Judge(visit, pages_[i], of_pages));
    if (pages_[i].gap) seen.push_back(*std::move(pages_[i].gap));
    of_pages[i] = Weakest(seen);
  }
  return seen;  // of the challenge's page, the only one of its depth
}

}  // namespace probe
