#include "bench/agreement_load.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "bench/customer.h"
#include "bench/dns_writer.h"
#include "bench/in_threads.h"
#include "lab/question.h"

namespace bench {
namespace {

namespace pb = ::padlock::cert::v1;

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kPause = absl::Milliseconds(20);
constexpr std::size_t kPublicResolvers = 3;
// SOA minimum of the customers' zones: for so long a resolver keeps a 'no'. Unbound counts in whole
// seconds, and keeps it to the end of the one in which its TTL has become zero.
constexpr absl::Duration kNegativeTtl = absl::Seconds(5);
constexpr absl::Duration kSecond = absl::Seconds(1);

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// Confined to its thread.
class Onlooker {
 public:
  Onlooker(lab::Lab& lab, std::unique_ptr<cli::Client> api, const std::string& zone)
      : lab_(lab),
        api_(std::move(api)),
        zone_name_(zone),
        zone_(lab.dns().CustomerStub(zone).addresses, zone, lab.dns().customer_key()) {}

  const std::string& zone() const { return zone_name_; }

  absl::StatusOr<absl::Duration> TimeAgreement(const std::string& host) {
    ASSIGN_OR_RETURN(const pb::Domain domain, api_->CreateDomain({.hostname = host}));
    RETURN_IF_ERROR(zone_.Add(ZoneLines(domain)));
    const absl::Time begin = absl::Now();
    RETURN_IF_ERROR(api_->RecheckDomain(domain.name()).status());
    ASSIGN_OR_RETURN(const absl::Time proved,
                     Await(domain, pb::Event::TYPE_DOMAIN_PROVED, absl::InfinitePast()));
    return proved - begin;
  }

  absl::StatusOr<CachedAgreement> TimeCachedAgreement(const std::string& host) {
    CachedAgreement result;
    ASSIGN_OR_RETURN(const pb::Domain domain, api_->CreateDomain({.hostname = host}));
    RETURN_IF_ERROR(AddLateness(domain, result));
    ASSIGN_OR_RETURN(const absl::Time cached_until, FillCaches(domain));
    RETURN_IF_ERROR(zone_.Add(ZoneLines(domain)));
    RETURN_IF_ERROR(api_->RecheckDomain(domain.name()).status());
    RETURN_IF_ERROR(AddLateness(domain, result));
    ASSIGN_OR_RETURN(const absl::Time proved,
                     Await(domain, pb::Event::TYPE_DOMAIN_PROVED, absl::InfinitePast()));
    result.after_cache = proved - cached_until;
    return result;
  }

 private:
  // The time of the first event of this type after `after`.
  absl::StatusOr<absl::Time> Await(const pb::Domain& domain, pb::Event::Type type,
                                   absl::Time after) {
    absl::Time found = absl::InfiniteFuture();
    const absl::Status watched = api_->WatchEvents(
        {.cursor = "oldest", .domain = domain.name(), .end_time = absl::Now() + kPatience},
        [&](const pb::WatchEventsResponse& message) {
          for (const pb::Event& event : message.events()) {
            if (event.type() != type || TimeOf(event.time()) <= after) continue;
            found = std::min(found, TimeOf(event.time()));
          }
          return found == absl::InfiniteFuture();
        });
    RETURN_IF_ERROR(watched);
    return found;
  }

  // Once a look to come is shown, waits for the event that it ends with.
  absl::Status AddLateness(const pb::Domain& domain, CachedAgreement& result) {
    const absl::Time begin = absl::Now();
    absl::Time shown = absl::InfinitePast();
    absl::Time read;
    while (shown <= read + kSecond) {  // the first look, or the one asked for, is going on
      if (absl::Now() > begin + kPatience) return absl::DeadlineExceededError("no next look");
      absl::SleepFor(kPause);
      read = absl::Now();
      ASSIGN_OR_RETURN(const pb::Domain now, api_->GetDomain(domain.name()));
      shown = TimeOf(now.next_action().time());
    }
    // It is proved already: the cache was too quick.
    if (shown > read + kPatience) return absl::OkStatus();
    ASSIGN_OR_RETURN(const absl::Time ended, Await(domain, pb::Event::TYPE_DOMAIN_CHECKED, shown));
    result.lateness.push_back(ended - shown);
    return absl::OkStatus();
  }

  // Returns when the last of the 'no's ends.
  absl::StatusOr<absl::Time> FillCaches(const pb::Domain& domain) {
    for (std::size_t i = 0; i < kPublicResolvers; ++i) {
      for (const pb::RequiredRecord& record : domain.records()) {
        RETURN_IF_ERROR(
            lab::Ask(lab_.resolver(i).address(), record.name(), record.type(), "+recurse")
                .status());
      }
    }
    return absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())) + kNegativeTtl + kSecond;
  }

  lab::Lab& lab_;
  const std::unique_ptr<cli::Client> api_;
  const std::string zone_name_;
  const DnsWriter zone_;
};

// The first so many at work on the zone that `zone_of` gives for their number.
template <typename ZoneOf>
absl::StatusOr<std::vector<std::unique_ptr<Onlooker>>> Gather(lab::Lab& lab, int count,
                                                              ZoneOf zone_of) {
  std::vector<std::unique_ptr<Onlooker>> onlookers;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<cli::Client> api, ConnectTo(lab));
    onlookers.push_back(std::make_unique<Onlooker>(lab, std::move(api), zone_of(i)));
  }
  return onlookers;
}

std::string Host(const AgreementLoad& load, int number, const std::string& zone) {
  return absl::StrFormat("%s-%d.%s", load.label, number, zone);
}

}  // namespace

absl::StatusOr<std::vector<absl::Duration>> TimeAgreements(lab::Lab& lab,
                                                           const AgreementLoad& load) {
  const auto zone_of = [](int) { return std::string(kCustomersZone); };
  ASSIGN_OR_RETURN(const auto onlookers, Gather(lab, load.in_flight, zone_of));
  return ShareOut(onlookers, load.domains, [&](Onlooker& onlooker, int number) {
    return onlooker.TimeAgreement(Host(load, number, onlooker.zone()));
  });
}

// Each in a zone of its own: the 'no's of one zone share its SOA in Unbound's cache, and each new
// one gives the others, too, a TTL of five seconds.
absl::StatusOr<std::vector<CachedAgreement>> TimeCachedAgreements(lab::Lab& lab,
                                                                  const AgreementLoad& load) {
  ASSIGN_OR_RETURN(const auto onlookers, Gather(lab, load.in_flight, ZoneOfOne));
  base::Mutex mutex;
  std::vector<CachedAgreement> all;
  const auto time = [&](Onlooker& onlooker, int number) -> absl::StatusOr<absl::Duration> {
    ASSIGN_OR_RETURN(CachedAgreement one,
                     onlooker.TimeCachedAgreement(Host(load, number, onlooker.zone())));
    const absl::Duration after_cache = one.after_cache;
    const base::MutexLock lock(mutex);
    all.push_back(std::move(one));
    return after_cache;
  };
  RETURN_IF_ERROR(ShareOut(onlookers, load.domains, time).status());
  return all;
}

absl::Duration LongestJitter() { return (kNegativeTtl + kSecond) / 10; }

}  // namespace bench
