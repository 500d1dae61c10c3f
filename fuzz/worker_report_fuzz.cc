// What a worker sends: its hello and its reports.

#include <cstddef>
#include <cstdint>

#include "cert/rpc/probe_convert.h"
#include "fuzz/require.h"
#include "observation/observation_proto.h"

namespace {

namespace v1 = ::padlock::probe::v1;

void CheckReports(const v1::ReportBatch& batch) {
  const auto reports = cert::FromProto(batch);
  if (!reports.ok()) return;
  for (const cert::WorkerReport& report : *reports) {
    for (const observation::Observation& seen : report.observations) {
      const auto again = observation::FromProto(observation::ToProto(seen));
      fuzz::Require(again.ok() && *again == seen, "an observation is kept as it was sent");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  v1::ConnectRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  (void)cert::CheckHello(request.hello());
  CheckReports(request.reports());
  return 0;
}
