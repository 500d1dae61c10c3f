#include "probe/check/check_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "probe/core/ask_order.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;
using observation::Scope;
using observation::ServerRole;
using observation::Vote;

}  // namespace

CheckRunner::CheckRunner(CheckEnvironment& environment, Check check, Checker::Done done)
    : environment_(environment),
      check_(std::move(check)),
      done_(std::move(done)),
      expectation_{.type = check_.type, .values = check_.expected_values} {}

void CheckRunner::Begin() {
  absl::StatusOr<DnsName> name = DnsName::Parse(check_.name);
  if (!name.ok()) return Finish(std::string(name.status().message()));
  const std::optional<RrType> type = QuestionType(check_.type);
  if (!type) return Finish("this worker does not do HTTP checks");
  type_ = *type;
  visited_ = {*std::move(name)};
  deadline_ = environment_.timers.After(check_.timeout, [self = weak_from_this()] {
    if (const auto runner = self.lock()) runner->Finish("");
  });
  if (check_.scope == Scope::kAllAtOnce) AskResolvers();
  FindZone();
}

void CheckRunner::FindZone() {
  const absl::Time now = environment_.clock.TimeNow();
  if (auto known = environment_.zones.Holder(visited_.back(), now)) {
    return AskZone(std::move(known));
  }
  walk_.emplace(visited_.back(), environment_.roots, environment_.zones, Walk::Limits{});
  TakeSteps();
}

void CheckRunner::TakeSteps() {
  // A refused address is consumed at once, after which there may be more to ask.
  while (!walk_->done()) {
    const auto steps = walk_->TakeSteps(environment_.clock.TimeNow());
    if (steps.empty()) break;
    for (const Walk::Step& step : steps) AskStep(step);
  }
  if (walk_->done()) OnZone();
}

void CheckRunner::AskStep(const Walk::Step& step) {
  const std::size_t branch = step.branch;
  if (!environment_.policy.MayAsk(step.address)) {
    return walk_->Consume(branch, nullptr, environment_.clock.TimeNow());
  }
  const ServerAddress server{step.address, environment_.authoritative_port};
  environment_.asker.Ask(
      {.server = server, .question = step.question, .timeout = environment_.query_timeout},
      [self = weak_from_this(), branch](const Reply& reply) {
        const auto runner = self.lock();
        if (runner == nullptr || runner->finished_ || !runner->walk_) return;
        const Message* answer = reply.kind == Reply::Kind::kAnswered ? &reply.message : nullptr;
        runner->walk_->Consume(branch, answer, runner->environment_.clock.TimeNow());
        runner->TakeSteps();
      });
}

void CheckRunner::OnZone() {
  std::shared_ptr<const Zone> zone = walk_->zone();
  if (zone == nullptr) {
    return Finish(
        absl::StrFormat("no root server led to the zone of \"%s\"", visited_.back().ToString()));
  }
  AskZone(std::move(zone));
}

void CheckRunner::AskZone(std::shared_ptr<const Zone> zone) {
  zone_ = std::move(zone);
  walk_.reset();
  for (const Nameserver& nameserver : zone_->nameservers) AddSlots(nameserver);
  AskOpen();
  FinishHopIfAnswered();
}

void CheckRunner::AddSlots(const Nameserver& nameserver) {
  Slot slot{.server = nameserver.name.ToString(),
            .address = {},
            .question = {visited_.back(), type_},
            .zone = zone_->name};
  if (nameserver.addresses.empty()) {
    slot.has_address = false;
    slot.reading =
        NoAnswer(Outcome::kUnreachable, visited_.back(), "no address is known for this nameserver");
    authoritative_.push_back(std::move(slot));
    return;
  }
  for (const IpAddress& address : nameserver.addresses) {
    slot.address = {address, environment_.authoritative_port};
    slot.reading = std::nullopt;
    if (!environment_.policy.MayAsk(address)) {
      slot.reading = NoAnswer(Outcome::kNotAsked, visited_.back(),
                              "the address is not a public one, so it is not asked");
    }
    authoritative_.push_back(slot);
  }
}

// The slots stay where they are until all of them have their answers.
void CheckRunner::AskOpen() {
  for (std::size_t index = 0; index < authoritative_.size(); ++index) {
    const Slot& slot = authoritative_[index];
    if (slot.reading) continue;
    environment_.asker.Ask(
        {.server = slot.address, .question = slot.question, .timeout = environment_.query_timeout},
        [self = weak_from_this(), index](const Reply& reply) {
          const auto runner = self.lock();
          if (runner == nullptr || runner->finished_) return;
          runner->OnReply(index, reply);
        });
  }
}

void CheckRunner::OnReply(std::size_t index, const Reply& reply) {
  TakeReply(reply, expectation_, environment_, authoritative_[index]);
  FinishHopIfAnswered();
}

void CheckRunner::FinishHopIfAnswered() {
  if (!std::ranges::all_of(authoritative_, [](const Slot& s) { return s.reading.has_value(); })) {
    return;
  }
  std::vector<Reading> readings;
  for (Slot& slot : authoritative_) {
    slot.reading->observation = Close(slot, environment_);
    readings.push_back(*std::move(slot.reading));
  }
  authoritative_.clear();
  HopVerdict verdict = JudgeHop(std::move(readings), visited_);
  for (Observation& observation : verdict.observations) {
    for (std::size_t i = 1; i < visited_.size(); ++i) {
      observation.cname_chain.push_back(visited_[i].ToString());
    }
    if (observation.note.empty()) observation.note = zone_->note;
    observations_.push_back(std::move(observation));
  }
  ForgetZonesOnDisagreement();
  if (verdict.follow) {
    visited_.push_back(*std::move(verdict.follow));
    return FindZone();
  }
  authoritative_done_ = true;
  const bool ask =
      check_.scope == Scope::kAuthoritativeThenRecursive && NameserversAgree(observations_);
  if (ask) AskResolvers();
  FinishIfAnswered();
}

// What was learnt of these zones led to servers that do not all agree: it may be out of date.
void CheckRunner::ForgetZonesOnDisagreement() {
  const bool agree = std::ranges::all_of(
      observations_, [](const Observation& o) { return o.vote == Vote::kAgree; });
  if (agree) return;
  const absl::Time now = environment_.clock.TimeNow();
  for (const DnsName& name : visited_) environment_.zones.Forget(name, now);
}

void CheckRunner::AskResolvers() {
  resolvers_ = std::make_shared<ResolverRound>(environment_, Question{visited_.front(), type_},
                                               expectation_);
  resolvers_->Begin([self = weak_from_this()] {
    if (const auto runner = self.lock()) runner->FinishIfAnswered();
  });
}

void CheckRunner::FinishIfAnswered() {
  if (finished_ || !authoritative_done_) return;
  if (resolvers_ == nullptr || resolvers_->finished()) Finish("");
}

// Of a hop whose other servers have not answered yet: a CNAME that was not followed says nothing.
Observation CheckRunner::CloseEarly(Slot& slot) {
  if (slot.reading && slot.reading->alias) {
    slot.reading = NoAnswer(Outcome::kNotAsked, slot.question.name,
                            "the check's time was over before its CNAME could be followed");
  }
  return Close(slot, environment_);
}

void CheckRunner::Finish(std::string failure) {
  if (std::exchange(finished_, true)) return;
  if (deadline_) environment_.timers.CancelTimer(*deadline_);
  for (Slot& slot : authoritative_) observations_.push_back(CloseEarly(slot));
  if (resolvers_ != nullptr) {
    for (Observation& seen : resolvers_->Close()) observations_.push_back(std::move(seen));
  }
  if (failure.empty() && !authoritative_done_ && authoritative_.empty()) {
    failure = absl::StrFormat("the nameservers of \"%s\" were not found in the check's time",
                              visited_.back().ToString());
  }
  for (const Observation& observation : observations_) {
    environment_.metrics.Count("padlock_probe_observations_total",
                               {{"role", RoleName(observation.role)},
                                {"outcome", observation::OutcomeName(observation.outcome)}});
  }
  base::Log(base::LogLevel::kInfo, "check finished",
            {{"request_id", check_.request_id},
             {"check", check_.id},
             {"observations", static_cast<std::int64_t>(observations_.size())},
             {"error", failure}});
  std::exchange(done_, nullptr)(Report{.check_id = check_.id,
                                       .observations = std::move(observations_),
                                       .failure = std::move(failure)});
}

}  // namespace probe
