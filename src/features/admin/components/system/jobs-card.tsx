import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { formatCount } from "@/components/format";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import type { SystemState } from "../../system/contract";
import { JOBS } from "../../system/rules";
import { spanOf } from "../words";

const paceOf = (seconds: number): string => (seconds < 1 ? "all the time" : `every ${spanOf(seconds)}`);

/** What is done over and over, whichever process does it: what it is for, whether it is late, and how it went. */
export function JobsCard({ jobs }: { jobs: SystemState["jobs"] }) {
  const late = jobs.filter((job) => job.late).length;
  return (
    <Card
      title="Jobs"
      aside={
        jobs.length > 0 && (
          <p className="text-12 text-ink-3">
            {late === 0 ? `all ${formatCount(jobs.length)} on time` : `${formatCount(late)} late`}
          </p>
        )
      }
    >
      {jobs.length === 0 ? (
        <p className="px-4 pb-5 text-14 text-ink-2 md:px-5">
          No job has run yet: start the worker, or let the hosting&rsquo;s cron call.
        </p>
      ) : (
        <Table label="Jobs">
          <thead>
            <Tr>
              <Th>Job</Th>
              <Th className="max-lg:hidden">Pace</Th>
              <Th className="text-right">Last done</Th>
              <Th className="text-right max-md:hidden">Took</Th>
              <Th className="text-right">Failed runs</Th>
            </Tr>
          </thead>
          <tbody>
            {jobs.map((job) => {
              const [what, every] = JOBS[job.name] ?? ["No longer done", null];
              return (
                <Tr key={job.name}>
                  <RowHead>
                    <span className="flex flex-wrap items-center gap-2">
                      <span className="font-mono text-13">{job.name}</span>
                      {job.late && <Badge tone="stopped">Late</Badge>}
                    </span>
                    <span className="block text-12 text-ink-3">{what}</span>
                  </RowHead>
                  <Td className="text-13 text-ink-2 max-lg:hidden">{every === null ? "–" : paceOf(every)}</Td>
                  <Td className="text-right text-13 whitespace-nowrap">
                    {job.succeeded ? <RelativeTime iso={job.succeeded} /> : "never"}
                  </Td>
                  <Td className="figures text-right max-md:hidden">{formatCount(job.tookMs)} ms</Td>
                  <Td className="figures text-right">{formatCount(job.failures)}</Td>
                </Tr>
              );
            })}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
