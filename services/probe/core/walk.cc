#include "probe/core/walk.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"

namespace probe {
namespace {

bool SameNames(const std::vector<Nameserver>& a, const std::vector<Nameserver>& b) {
  return std::ranges::is_permutation(a, b, {}, &Nameserver::name, &Nameserver::name);
}

std::string NamesOf(const std::vector<Nameserver>& nameservers) {
  std::string text;
  for (const Nameserver& nameserver : nameservers) {
    if (!text.empty()) text += ' ';
    text += nameserver.name.ToString();
  }
  return text;
}

// Adds the nameservers of `more` that `zone` lacks, with the addresses that are known.
void Join(const std::vector<Nameserver>& more, std::vector<Nameserver>& nameservers) {
  for (const Nameserver& nameserver : more) {
    const auto same = std::ranges::find(nameservers, nameserver.name, &Nameserver::name);
    if (same == nameservers.end()) {
      if (nameservers.size() < kMaxNameservers) nameservers.push_back(nameserver);
      continue;
    }
    for (const IpAddress& address : nameserver.addresses) AddAddress(*same, address);
  }
}

// Of what a server of `from` says now. Top-level domains do not move.
absl::Time LearnTime(const Zone& from, absl::Time now) {
  return from.name.LabelCount() > 1 ? std::min(from.learn_time, now) : now;
}

void MarkIncomplete(Zone& zone) {
  for (Nameserver& nameserver : zone.nameservers) nameserver.incomplete = true;
}

}  // namespace

Walk::Walk(DnsName name, const Zone& roots, ZoneCache& cache, Limits limits)
    : name_(std::move(name)), roots_(roots), cache_(cache), limits_(limits) {}

std::vector<Walk::Step> Walk::TakeSteps(absl::Time now) {
  if (branches_.empty() && !done_) {
    branches_.push_back({.stack = {Begin({name_, RrType::kNs}, now)}});
    from_cache_ = branches_.front().stack.front().at.name.LabelCount() > 1;
  }
  std::vector<Step> steps;
  // Branches may be added, and phases end, while this goes on.
  for (std::size_t i = 0; i < branches_.size() && !done_; ++i) {
    if (branches_[i].waiting || branches_[i].finished) continue;
    if (std::optional<Step> step = NextStep(i, now)) steps.push_back(*std::move(step));
  }
  return steps;
}

void Walk::Consume(std::size_t branch, const Message* answer, absl::Time now) {
  if (done_ || branch >= branches_.size() || !branches_[branch].waiting) return;
  branches_[branch].waiting = false;
  Iteration& top = branches_[branch].stack.back();
  StepAnswer read = ReadStep(answer, top.question, top.at.name);
  if (auto* referral = std::get_if<Referral>(&read)) {
    Descend(top, std::move(referral->zone), now);
  } else if (const auto* authority = std::get_if<Authority>(&read)) {
    Finish(branch, authority, now);
  }
}

void Walk::Withhold(std::size_t branch, absl::Time now) {
  if (done_ || branch >= branches_.size()) return;
  branches_[branch].withheld = true;
  Consume(branch, nullptr, now);
}

Walk::Iteration Walk::Begin(Question question, absl::Time now) {
  const std::shared_ptr<const Zone> closest = cache_.Closest(question.name, now);
  return {.question = std::move(question), .at = closest == nullptr ? roots_ : *closest};
}

// The next question of the branch. Without one, the resolution on top has failed, which may finish
// the branch and even the phase; then the loop in TakeSteps comes to what follows.
std::optional<Walk::Step> Walk::NextStep(std::size_t index, absl::Time now) {
  while (!done_ && !branches_[index].finished) {
    Branch& branch = branches_[index];
    Iteration& top = branch.stack.back();
    while (top.server < top.at.nameservers.size() &&
           top.address >= top.at.nameservers[top.server].addresses.size()) {
      ++top.server;
      top.address = 0;
    }
    if (steps_ >= limits_.steps) {
      Finish(index, nullptr, now);
      continue;
    }
    if (top.server < top.at.nameservers.size()) {
      const Nameserver& server = top.at.nameservers[top.server];
      branch.waiting = true;
      ++steps_;
      return Step{index, top.question, server.name, server.addresses[top.address++]};
    }
    if (!PushLookup(branch, now)) Finish(index, nullptr, now);
  }
  return std::nullopt;
}

// Every known address was tried in vain: looks for one of a nameserver that has none.
bool Walk::PushLookup(Branch& branch, absl::Time now) {
  if (branch.stack.size() >= limits_.depth) return false;
  Iteration& top = branch.stack.back();
  auto& nameservers = top.at.nameservers;
  while (top.looked_up < nameservers.size()) {
    const Nameserver& nameserver = nameservers[top.looked_up];
    // Without glue, a server inside its own zone cannot be found.
    if (nameserver.addresses.empty() && !nameserver.name.IsSubdomainOf(top.at.name)) {
      branch.stack.push_back(Begin({nameserver.name, RrType::kA}, now));
      return true;
    }
    ++top.looked_up;
  }
  return false;
}

void Walk::Descend(Iteration& iteration, Zone zone, absl::Time now) {
  zone.learn_time = LearnTime(iteration.at, now);
  cache_.InsertDelegation(std::make_shared<const Zone>(zone), now);
  iteration = {.question = std::move(iteration.question), .at = std::move(zone)};
}

// The resolution on top of the branch has ended; `authority` is null when it failed.
void Walk::Finish(std::size_t index, const Authority* authority, absl::Time now) {
  Branch& branch = branches_[index];
  if (branch.stack.size() > 1) return FinishLookup(branch, authority, now);
  switch (phase_) {
    case Phase::kFindCut:
      return FinishCut(authority, now);
    case Phase::kReadApex:
      return FinishApex(authority, now);
    case Phase::kFindAddresses:
      return FinishAddress(branch, authority, now);
  }
}

void Walk::FinishLookup(Branch& branch, const Authority* authority, absl::Time now) {
  const Question question = branch.stack.back().question;
  branch.stack.pop_back();
  Iteration& waiting = branch.stack.back();
  Nameserver& nameserver = waiting.at.nameservers[waiting.looked_up];
  if (authority != nullptr) {
    for (const Record& record : authority->answers) {
      AddAddress(nameserver, std::get<IpAddress>(record.data));
    }
  }
  if (nameserver.addresses.empty() && question.type == RrType::kA) {
    branch.stack.push_back(Begin({question.name, RrType::kAaaa}, now));
    return;
  }
  waiting.server = waiting.looked_up++;
  waiting.address = 0;
}

// Whether what the branch has not found may be there all the same.
bool Walk::IsLimited(const Branch& branch) const {
  return branch.withheld || steps_ >= limits_.steps;
}

void Walk::FinishCut(const Authority* authority, absl::Time now) {
  Iteration& top = branches_.front().stack.back();
  if (authority == nullptr) {
    // Nobody at this zone answers: those who check it will say so, server by server.
    if (top.at.name == roots_.name) return Conclude({}, now);
    if (IsLimited(branches_.front())) MarkIncomplete(top.at);
    top.at.ttl = absl::ZeroDuration();
    return Conclude(std::move(top.at), now);
  }
  const DnsName parent = top.question.name.Parent();
  const bool climb =
      authority->is_alias && parent != top.at.name && parent.IsSubdomainOf(top.at.name);
  if (climb) {
    // A CNAME does not show its zone, and the server may speak for zones below the one it was found
    // for.
    top = {.question = {parent, RrType::kNs}, .at = std::move(top.at)};
    return;
  }
  const DnsName apex = authority->apex.value_or(top.at.name);
  if (const auto known = cache_.Complete(apex, now)) {
    done_ = true;
    from_cache_ = true;
    result_ = known;
    cache_.InsertHolder(name_, known, now);
    return;
  }
  const bool shows_apex = authority->apex == top.question.name && !authority->answers.empty();
  ReadApex(std::move(top.at), apex, now);
  if (shows_apex) FinishApex(authority, now);
}

void Walk::ReadApex(Zone at, const DnsName& apex, absl::Time now) {
  phase_ = Phase::kReadApex;
  // Where the server speaks for the zone below too, the parent's list stays unknown.
  zone_ = Zone{.name = apex, .ttl = at.ttl, .learn_time = LearnTime(at, now)};
  if (at.name == apex) zone_.nameservers = at.nameservers;
  servers_ = std::move(at);
  const Question question{apex, RrType::kNs};
  branches_.front() = {.stack = {{.question = question, .at = servers_}}};
}

void Walk::FinishApex(const Authority* authority, absl::Time now) {
  std::vector<Nameserver> own;
  if (authority != nullptr) {
    for (const Record& record : authority->answers) {
      if (own.size() < kMaxNameservers) own.push_back({.name = std::get<DnsName>(record.data)});
      zone_.ttl = std::min(zone_.ttl, record.ttl);
    }
  }
  if (own.empty()) {
    zone_.note = "the zone's own servers do not name its nameservers";
  } else if (!zone_.nameservers.empty() && !SameNames(zone_.nameservers, own)) {
    zone_.parent_differs = true;
    zone_.note = absl::StrFormat("the parent names other nameservers (%s) than the zone (%s)",
                                 NamesOf(zone_.nameservers), NamesOf(own));
  }
  Join(own, zone_.nameservers);
  if (authority == nullptr && IsLimited(branches_.front())) MarkIncomplete(zone_);
  StartAddresses(now);
}

void Walk::StartAddresses(absl::Time now) {
  phase_ = Phase::kFindAddresses;
  branches_.clear();
  for (std::size_t i = 0; i < zone_.nameservers.size(); ++i) {
    const DnsName& nameserver = zone_.nameservers[i].name;
    if (!nameserver.IsSubdomainOf(zone_.name)) {
      foreign_.push_back(i);
      continue;
    }
    for (const RrType type : {RrType::kA, RrType::kAaaa}) {
      branches_.push_back(
          {.stack = {{.question = {nameserver, type}, .at = servers_}}, .nameserver = i});
    }
  }
  StartForeign(now);
  ConcludeIfFinished(now);
}

void Walk::FinishAddress(Branch& branch, const Authority* authority, absl::Time now) {
  const RrType type = branch.stack.back().question.type;
  Nameserver& nameserver = zone_.nameservers[branch.nameserver];
  if (authority != nullptr) {
    for (const Record& record : authority->answers) {
      AddAddress(nameserver, std::get<IpAddress>(record.data));
      zone_.ttl = std::min(zone_.ttl, record.ttl);
    }
  } else if (IsLimited(branch)) {
    nameserver.incomplete = true;
  }
  branch.finished = true;
  const bool is_foreign = !nameserver.name.IsSubdomainOf(zone_.name);
  if (is_foreign && type == RrType::kA) {
    branch = {.stack = {Begin({nameserver.name, RrType::kAaaa}, now)},
              .nameserver = branch.nameserver};
    return;
  }
  if (is_foreign) StartForeign(now);
  ConcludeIfFinished(now);
}

// One nameserver after the other: what the first walk learns about their common zone spares the
// others most of theirs.
void Walk::StartForeign(absl::Time now) {
  if (foreign_.empty()) return;
  const std::size_t next = foreign_.back();
  foreign_.pop_back();
  branches_.push_back(
      {.stack = {Begin({zone_.nameservers[next].name, RrType::kA}, now)}, .nameserver = next});
}

void Walk::ConcludeIfFinished(absl::Time now) {
  if (std::ranges::all_of(branches_, &Branch::finished)) Conclude(std::move(zone_), now);
}

void Walk::Conclude(Zone zone, absl::Time now) {
  done_ = true;
  if (zone.nameservers.empty()) return;
  // Nothing is known of when this changes: it holds for the check that asked.
  if (steps_ >= limits_.steps) {
    zone.note = absl::StrFormat("the search for nameservers stopped after %d questions", steps_);
    zone.ttl = absl::ZeroDuration();
  }
  if (std::ranges::any_of(zone.nameservers, &Nameserver::incomplete)) {
    zone.ttl = absl::ZeroDuration();
  }
  result_ = std::make_shared<const Zone>(std::move(zone));
  cache_.InsertHolder(name_, result_, now);
}

}  // namespace probe
