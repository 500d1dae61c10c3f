#include "probe/check/http_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "probe/check/delivery.h"
#include "probe/check/slot.h"
#include "probe/core/ask_order.h"
#include "probe/core/report_limit.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;
using observation::Scope;
using observation::ServerRole;
using observation::Vote;

}  // namespace

HttpCheck::HttpCheck(CheckEnvironment& environment, Fetcher& fetcher, HttpPorts ports, Check check,
                     Checker::Done done)
    : environment_(environment),
      budget_(environment.asker, environment.timers, environment.clock, kMaxQuestionsPerCheck),
      nameservers_(WithAsker(environment, budget_)),
      fetcher_(fetcher),
      ports_(ports),
      check_(std::move(check)),
      done_(std::move(done)) {}

void HttpCheck::Begin() {
  if (!IsHostName(check_.name)) return Finish("the name of an HTTP check is no host name");
  if (check_.expected_values.size() != 1) {
    return Finish(absl::StrFormat("an HTTP check expects one key authorization instead of %d",
                                  check_.expected_values.size()));
  }
  if (check_.scope != Scope::kAuthoritative && environment_.resolvers.empty()) {
    return Finish("this worker has no resolvers to ask for the addresses of hosts");
  }
  auto expected = KeyAuthorization::Parse(check_.expected_values.front());
  if (!expected.ok()) return Finish(std::string(expected.status().message()));
  expected_ = *std::move(expected);
  const absl::Duration time = std::min(check_.timeout - TimeForResolvers(), kLongestHttpCheck);
  deadline_ = environment_.clock.TimeNow() + time;
  begin_time_ = environment_.clock.TimeNow();
  end_time_ = environment_.clock.TimeNow() + check_.timeout;
  timer_ = environment_.timers.After(time, [self = weak_from_this()] {
    if (const auto check = self.lock()) check->EndPages();
  });
  pages_.emplace(PlainUrl(check_.name, expected_->Path(), ports_));
  Open(0);
}

// An address that is silent takes all the time that pages have.
absl::Duration HttpCheck::TimeForResolvers() const {
  if (check_.scope == Scope::kAuthoritative) return absl::ZeroDuration();
  return std::min(check_.timeout / 2, 2 * environment_.query_timeout);
}

// The page's host is looked up, unless it was, and then it is visited.
void HttpCheck::Open(std::size_t page) {
  const std::string& name = pages_->page(page).path.back().host;
  const auto withhold = [&](std::string why) {
    pages_->page(page).gap = NoPage(Outcome::kNotAsked, std::move(why), pages_->page(page).path);
  };
  if (hosts_.size() == kMaxHosts && !hosts_.contains(name)) {
    return withhold(absl::StrFormat("the redirects lead to more than %d hosts", kMaxHosts));
  }
  withhold("the check's time was over before its addresses were found");
  Host& host = hosts_[name];
  if (host.found) return VisitAll(page, *host.found);
  ++open_;
  host.waiting.push_back(page);
  if (host.lookup == nullptr) LookUp(name);
}

void HttpCheck::LookUp(const std::string& name) {
  Host& host = hosts_[name];
  // A host name is always a name of the DNS.
  host.lookup = std::make_shared<AddressLookup>(
      nameservers_, *DnsName::Parse(name), [self = weak_from_this(), name](HostAddresses found) {
        const auto check = self.lock();
        if (check != nullptr && !check->observations_) check->OnFound(name, std::move(found));
      });
  host.lookup->Begin();
}

void HttpCheck::OnFound(const std::string& name, HostAddresses found) {
  Host& host = hosts_[name];
  host.found = std::move(found);
  if (!before_.empty()) {
    if (--open_ == 0) OnLearnedAgain();
    return;
  }
  const std::vector<std::size_t> pages = std::exchange(host.waiting, {});
  for (const std::size_t page : pages) VisitAll(page, *host.found);
  open_ -= pages.size();
  if (open_ == 0) EndPages();
}

void HttpCheck::VisitAll(std::size_t index, const HostAddresses& found) {
  HttpPages::Page& page = pages_->page(index);
  page.gap = std::nullopt;
  const absl::Time now = environment_.clock.TimeNow();
  if (found.gap) {
    page.gap =
        // Nobody knows what is at the others: they are not excused like one that does not answer.
        NoPage(found.addresses.empty() ? found.gap->outcome : Outcome::kNotAsked,
               absl::StrFormat("\"%s\": %s", page.path.back().host, found.gap->note), page.path);
    page.gap->observe_time = now;
    page.gap->negative_ttl = found.gap->negative_ttl;
    if (found.gap->negative_ttl > absl::ZeroDuration()) {
      page.gap->cache_expire_time = now + found.gap->negative_ttl;
    }
  }
  for (const IpAddress& address : found.addresses) Visit(index, address);
}

void HttpCheck::Visit(std::size_t index, const IpAddress& address) {
  HttpPages::Page& page = pages_->page(index);
  const std::size_t visit = page.visits.size();
  page.visits.push_back({.address = address});
  if (!environment_.policy.MayAsk(address)) {
    page.visits.back().seen = NoPage(
        Outcome::kNotAsked,
        absl::StrFormat("%s is not a public address, so it is not asked", address.ToString()),
        page.path);
    return;
  }
  if (++visits_ > kMaxVisits) {
    page.visits.back().seen = NoPage(
        Outcome::kNotAsked,
        absl::StrFormat("the redirects lead to more than %d addresses", kMaxVisits), page.path);
    return;
  }
  ++open_;
  fetcher_.Fetch({.url = page.path.back(),
                  .address = address,
                  .timeout = deadline_ - environment_.clock.TimeNow()},
                 [self = weak_from_this(), index, visit](const Fetched& fetched) {
                   const auto check = self.lock();
                   if (check == nullptr || check->observations_) return;
                   check->OnFetched(index, visit, fetched);
                 });
}

void HttpCheck::OnFetched(std::size_t page, std::size_t visit, const Fetched& fetched) {
  HttpReading reading = ReadHttp(fetched, pages_->page(page).path, *expected_, ports_);
  reading.observation.observe_time = environment_.clock.TimeNow();
  if (const auto next = pages_->Record(page, visit, std::move(reading))) Open(*next);
  --open_;
  if (open_ == 0) EndPages();
}

bool HttpCheck::SomeDisagree() const {
  const auto disagrees = [](const Observation& seen) { return seen.vote == Vote::kDisagree; };
  return pages_->SomeDisagree() || std::ranges::any_of(hosts_, [&](const auto& host) {
           return host.second.found && std::ranges::any_of(host.second.found->dissent, disagrees);
         });
}

// What was known of a zone may have changed, and the host have left the addresses that said no.
bool HttpCheck::LearnAgain() {
  const bool is_known = std::ranges::any_of(hosts_, [this](const auto& host) {
    return host.second.found && host.second.found->learn_time < begin_time_;
  });
  if (!is_known || open_ != 0 || !std::exchange(may_learn_again_, false)) return false;
  for (auto& [name, host] : hosts_) {
    HostAddresses& before = before_[name] = *std::exchange(host.found, std::nullopt);
    before.cname_chain.push_back(*DnsName::Parse(name));
    for (const DnsName& visited : before.cname_chain) {
      environment_.zones.Forget(visited, environment_.clock.TimeNow());
    }
  }
  open_ = hosts_.size();
  for (const auto& [name, before] : before_) LookUp(name);
  return true;
}

void HttpCheck::OnLearnedAgain() {
  const bool same = std::ranges::all_of(before_, [this](const auto& before) {
    const HostAddresses& found = *hosts_.at(before.first).found;
    return std::ranges::is_permutation(found.addresses, before.second.addresses) &&
           found.gap == before.second.gap && found.dissent.size() == before.second.dissent.size();
  });
  before_.clear();
  if (same) return EndPages();
  HttpUrl challenge = pages_->page(0).path.front();
  pages_.emplace(std::move(challenge));
  Open(0);
  if (open_ == 0) EndPages();
}

void HttpCheck::EndPages() {
  if (observations_) return;
  if (!before_.empty()) {  // what was seen may be of addresses that the host has left
    observations_.emplace();
    return Finish("the nameservers of its hosts were not found again in the check's time");
  }
  if (SomeDisagree() && LearnAgain()) return;
  const bool agree = Conclude();
  const bool ask = check_.scope == Scope::kAllAtOnce ||
                   (check_.scope == Scope::kAuthoritativeThenRecursive && agree);
  if (ask) AskResolvers();
  if (resolvers_ == nullptr || resolvers_->finished()) Finish("");
}

// Returns whether all agree: pages, and nameservers about where they are.
bool HttpCheck::Conclude() {
  std::vector<Observation> dissent = TakeDissent();
  observations_ = ObservePages();
  const bool agree = NameserversAgree(*observations_) && std::ranges::all_of(dissent, IsUnreached);
  observation::Append(std::move(dissent), *observations_);
  return agree;
}

std::vector<Observation> HttpCheck::TakeDissent() {
  std::vector<Observation> dissent;
  for (auto& [name, host] : hosts_) {
    if (host.found) observation::Append(std::move(host.found->dissent), dissent);
  }
  return dissent;
}

// Of the types that the nameservers have. Any address will do: which one a resolver is told may
// depend on where it stands.
std::vector<Question> HttpCheck::AddressQuestions() const {
  std::vector<Question> questions;
  const auto add = [&](const std::string& name) {
    const std::optional<HostAddresses>& found = hosts_.at(name).found;
    if (!found) return;
    for (const bool v6 : {true, false}) {
      const bool has = std::ranges::any_of(
          found->addresses, [v6](const IpAddress& address) { return address.is_v6() == v6; });
      if (has) questions.push_back({*DnsName::Parse(name), v6 ? RrType::kAaaa : RrType::kA});
    }
  };
  add(check_.name);
  for (const auto& [name, host] : hosts_) {
    if (name != check_.name) add(name);
  }
  return questions;
}

void HttpCheck::AskResolvers() {
  std::vector<Question> questions = AddressQuestions();
  if (questions.empty()) return;
  resolvers_ = std::make_shared<ResolverRound>(environment_, std::move(questions),
                                               std::make_shared<const Expectation>());
  const auto finish = [self = weak_from_this()] {
    if (const auto check = self.lock()) check->Finish("");
  };
  environment_.timers.CancelTimer(*timer_);
  timer_ = environment_.timers.After(end_time_ - environment_.clock.TimeNow(), finish);
  resolvers_->Begin(finish);
}

std::vector<Observation> HttpCheck::ObservePages() {
  if (!pages_) return {};
  std::vector<IpAddress> addresses;
  for (const HttpPages::Visit& visit : pages_->page(0).visits) addresses.push_back(visit.address);
  std::vector<Observation> observations = pages_->Conclude();
  const std::optional<HostAddresses>& found = hosts_[check_.name].found;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    Observation& seen = observations[i];
    seen.role = ServerRole::kAuthoritative;
    seen.server = check_.name;
    if (i < addresses.size()) seen.address = addresses[i].ToString();
    seen.owner = check_.name;
    if (found) {
      seen.zone = found->zone.ToString();
      for (const DnsName& target : found->cname_chain) {
        seen.cname_chain.push_back(target.ToString());
      }
      if (!seen.cname_chain.empty()) seen.owner = seen.cname_chain.back();
    }
    if (seen.observe_time == absl::UnixEpoch()) seen.observe_time = environment_.clock.TimeNow();
  }
  return observations;
}

void HttpCheck::Finish(std::string failure) {
  if (std::exchange(finished_, true)) return;
  if (timer_) environment_.timers.CancelTimer(*timer_);
  if (!observations_) Conclude();
  std::vector<Observation> observations = *std::move(observations_);
  if (resolvers_ != nullptr) observations = resolvers_->Close(std::move(observations));
  LimitReport(observations);
  Deliver(check_, std::move(observations), std::move(failure), environment_.metrics,
          std::exchange(done_, nullptr));
}

}  // namespace probe
