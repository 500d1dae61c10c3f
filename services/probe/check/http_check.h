// One http-01 check (RFC 8555, 8.3), from its name to its report.
//
//   look up the host (address_lookup.h) ─► GET at every address that a nameserver tells, at once
//        ▲                                     │
//        └──── 301, 302, 307, 308 (bounded) ◄──┤
//                                              ▼
//                          one observation for each address of the name, and for each
//                          nameserver that does not tell of a host what others do
//                                              │ they agree (ask_order.h), and the scope says so
//                                              ▼
//                       ask every resolver (resolver_round.h) for the addresses of each host
//
// Where one disagrees and a zone was known before the check began, hosts are looked up once more:
// if they are elsewhere by now, all pages are fetched again.
//
// A CA finds the addresses by a resolver that validates: where the signatures of one do not hold
// it comes to no page at all. In Scope::kAllAtOnce resolvers are asked whatever the pages say.
//
// Whoever controls the name chooses addresses and redirects, so every address is held against the
// policy after its look-up, at every hop, and that address and no other is connected to.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "probe/check/address_lookup.h"
#include "probe/check/checker.h"
#include "probe/check/environment.h"
#include "probe/check/http_pages.h"
#include "probe/check/question_budget.h"
#include "probe/check/resolver_round.h"
#include "probe/core/check.h"
#include "probe/core/fetcher.h"
#include "probe/core/http_url.h"
#include "probe/core/key_authorization.h"

namespace probe {

inline constexpr std::size_t kMaxVisits = 64;  // fetches of one check
// That one check looks up. Resolvers are asked for all of them; one chain of redirects has fewer.
inline constexpr std::size_t kMaxHosts = 12;
inline constexpr absl::Duration kLongestHttpCheck = absl::Seconds(10);  // for pages, as of CAs

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class HttpCheck : public std::enable_shared_from_this<HttpCheck> {
 public:
  HttpCheck(CheckEnvironment& environment, Fetcher& fetcher, HttpPorts ports, Check check,
            Checker::Done done);

  // `done` is called once, by then or later, at the latest when the check's time is over; where
  // resolvers are not asked, at the latest after kLongestHttpCheck.
  void Begin();
  // Reports now; what has not answered yet says so. `failure`: why, when it is our own fault.
  void Finish(std::string failure);

 private:
  // A host of this check, looked up once however many pages are on it.
  struct Host {
    std::shared_ptr<AddressLookup> lookup = nullptr;
    std::optional<HostAddresses> found = std::nullopt;
    std::vector<std::size_t> waiting = {};  // pages
  };

  void Open(std::size_t page);
  void LookUp(const std::string& name);
  void OnFound(const std::string& name, HostAddresses found);
  void VisitAll(std::size_t page, const HostAddresses& found);
  void Visit(std::size_t page, const IpAddress& address);
  void OnFetched(std::size_t page, std::size_t visit, const Fetched& fetched);
  absl::Duration TimeForResolvers() const;
  void EndPages();
  bool SomeDisagree() const;
  bool LearnAgain();
  void OnLearnedAgain();
  bool Conclude();
  std::vector<observation::Observation> ObservePages();
  std::vector<observation::Observation> TakeDissent();
  std::vector<Question> AddressQuestions() const;
  void AskResolvers();

  CheckEnvironment& environment_;
  QuestionBudget budget_;
  CheckEnvironment nameservers_;  // the same, with the budget in front of the asker
  Fetcher& fetcher_;
  const HttpPorts ports_;
  const Check check_;
  Checker::Done done_;
  bool finished_ = false;
  absl::Time begin_time_ = absl::InfinitePast();
  absl::Time deadline_ = absl::InfiniteFuture();  // of the pages
  absl::Time end_time_ = absl::InfiniteFuture();  // of the check
  std::optional<Timers::TimerId> timer_;
  std::optional<KeyAuthorization> expected_;
  std::optional<HttpPages> pages_;
  std::map<std::string, Host> hosts_;
  std::map<std::string, HostAddresses> before_;  // of the hosts, while they are learned again
  bool may_learn_again_ = true;
  std::size_t visits_ = 0;
  std::size_t open_ = 0;  // look-ups that pages wait for, and fetches
  std::optional<std::vector<observation::Observation>> observations_;  // once all pages are in
  std::shared_ptr<ResolverRound> resolvers_;
};

}  // namespace probe
