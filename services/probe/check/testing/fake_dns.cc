#include "probe/check/testing/fake_dns.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace probe::testing {
namespace {

constexpr absl::Duration kRoundTrip = absl::Milliseconds(20);

Record SoaOf(const FakeZone& zone) { return Soa(zone.name, 300, 60, zone.serial); }

void AppendOwned(const FakeZone& zone, const DnsName& owner, RrType type, const DnsName& as,
                 std::vector<Record>& out) {
  for (Record record : zone.records) {
    if (record.owner != owner || record.type != type) continue;
    record.owner = as;
    out.push_back(std::move(record));
  }
}

bool HasRecords(const FakeZone& zone, const DnsName& owner) {
  return std::ranges::any_of(zone.records, [&](const Record& r) { return r.owner == owner; });
}

// Also empty non-terminals.
bool Exists(const FakeZone& zone, const DnsName& name) {
  return std::ranges::any_of(zone.records,
                             [&](const Record& r) { return r.owner.IsSubdomainOf(name); });
}

std::optional<Message> Refer(const FakeZone& zone, const Question& question) {
  const DnsName apex = Name(zone.name);
  for (DnsName cut = question.name; cut != apex; cut = cut.Parent()) {
    Message referral = Delegation({});
    AppendOwned(zone, cut, RrType::kNs, cut, referral.authority);
    if (referral.authority.empty()) continue;
    for (const Record& ns : referral.authority) {
      const DnsName& server = std::get<DnsName>(ns.data);
      for (const RrType type : {RrType::kA, RrType::kAaaa}) {
        AppendOwned(zone, server, type, server, referral.additional);
      }
    }
    return referral;
  }
  return std::nullopt;
}

// RFC 4592: the wildcard at the closest name above that exists.
DnsName SourceOf(const FakeZone& zone, const DnsName& name) {
  if (Exists(zone, name)) return name;
  DnsName encloser = name.Parent();
  while (encloser != Name(zone.name) && !Exists(zone, encloser)) encloser = encloser.Parent();
  const std::optional<DnsName> wildcard = Name("*").Under(encloser);
  return wildcard && HasRecords(zone, *wildcard) ? *wildcard : name;
}

Message AnswerFromZone(const FakeZone& zone, const Question& question) {
  if (std::optional<Message> referral = Refer(zone, question)) return *std::move(referral);
  const DnsName apex = Name(zone.name);
  if (question.name == apex && question.type == RrType::kSoa) return Authoritative({SoaOf(zone)});
  for (DnsName above = question.name; above != apex;) {
    above = above.Parent();
    Message dname = Authoritative({});
    AppendOwned(zone, above, RrType::kDname, above, dname.answers);
    if (!dname.answers.empty()) return dname;
  }
  const DnsName source = SourceOf(zone, question.name);
  Message message = Authoritative({});
  AppendOwned(zone, source, question.type, question.name, message.answers);
  if (message.answers.empty()) {
    AppendOwned(zone, source, RrType::kCname, question.name, message.answers);
  }
  if (!message.answers.empty()) return message;
  const bool exists = question.name == apex || Exists(zone, source);
  return Authoritative({}, {SoaOf(zone)}, exists ? kRcodeNoError : kRcodeNameError);
}

}  // namespace

Message AnswerFrom(const std::vector<FakeZone>& zones, const Question& question) {
  const FakeZone* deepest = nullptr;
  for (const FakeZone& zone : zones) {
    const DnsName apex = Name(zone.name);
    if (!question.name.IsSubdomainOf(apex)) continue;
    if (deepest == nullptr || apex.IsSubdomainOf(Name(deepest->name))) deepest = &zone;
  }
  if (deepest == nullptr) return {.rcode = kRcodeRefused};
  return AnswerFromZone(*deepest, question);
}

FakeDns::FakeDns()
    : policy_(*AddressPolicy::Create({"192.0.2.0/24"})),
      roots_{.nameservers = {{Name("root.test"), {*IpAddress::Parse("192.0.2.1")}}},
             .ttl = absl::Hours(1)},
      environment_{.timers = *this,
                   .asker = *this,
                   .zones = zones_,
                   .roots = roots_,
                   .policy = policy_,
                   .resolvers = resolvers_,
                   .authoritative_port = 53,
                   .query_timeout = absl::Seconds(2),
                   .clock = clock_,
                   .metrics = metrics_,
                   .random = random_} {}

void FakeDns::Script(const std::string& address, Server server) {
  scripts_[address] = std::move(server);
}

void FakeDns::AddResolver(const std::string& address) {
  resolvers_.push_back({address, {*IpAddress::Parse(address), 53}});
}

Report FakeDns::Run(Check check) {
  if (check.timeout == absl::ZeroDuration()) check.timeout = absl::Seconds(30);
  std::optional<Report> report;
  const auto runner = std::make_shared<CheckRunner>(
      environment_, std::move(check), [&report](Report done) { report = std::move(done); });
  runner->Begin();
  while (!report && !timers_.empty()) RunNext();
  timers_.clear();
  return report.value_or(Report{.failure = "the check never ended"});
}

int FakeDns::CountAsked(const std::string& part) const {
  return static_cast<int>(std::ranges::count_if(
      asked_, [&](const std::string& question) { return absl::StrContains(question, part); }));
}

void FakeDns::Ask(const Asking& asking, Done done) {
  const std::string address = asking.server.ip.ToString();
  asked_.push_back(absl::StrFormat("%s %s %d", address, asking.question.name.ToString(),
                                   static_cast<int>(asking.question.type)));
  std::optional<Message> message;
  if (const auto script = scripts_.find(address); script != scripts_.end()) {
    message = script->second(asking.question);
  } else if (const auto server = servers_.find(address); server != servers_.end()) {
    message = AnswerFrom(server->second, asking.question);
  }
  Reply reply{.kind = Reply::Kind::kTimeout};
  if (message) {
    reply = {.kind = Reply::Kind::kAnswered,
             .message = *std::move(message),
             .round_trip_time = kRoundTrip};
  }
  const absl::Duration delay = message ? kRoundTrip : asking.timeout;
  After(delay,
        [reply = std::move(reply), done = std::move(done)]() mutable { done(std::move(reply)); });
}

Timers::TimerId FakeDns::After(absl::Duration delay, Task task) {
  const TimerId timer{next_timer_++};
  timers_.emplace(std::pair{clock_.TimeNow() + delay, timer}, std::move(task));
  return timer;
}

void FakeDns::CancelTimer(TimerId timer) {
  std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
}

void FakeDns::RunNext() {
  auto next = timers_.extract(timers_.begin());
  clock_.Advance(next.key().first - clock_.TimeNow());
  next.mapped()();
}

}  // namespace probe::testing
