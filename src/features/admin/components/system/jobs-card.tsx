import { Card } from "@/components/card";
import { formatCount } from "@/components/format";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import type { SystemState } from "../../system/contract";

/** What is done over and over, whichever process does it. */
export function JobsCard({ jobs }: { jobs: SystemState["jobs"] }) {
  return (
    <Card title="Jobs">
      {jobs.length === 0 ? (
        <p className="px-4 pb-5 text-14 text-ink-2 md:px-5">
          No job has run yet: start the worker, or let the hosting&rsquo;s cron call.
        </p>
      ) : (
        <Table label="Jobs">
          <thead>
            <Tr>
              <Th>Job</Th>
              <Th className="text-right">Last done</Th>
              <Th className="text-right max-md:hidden">Took</Th>
              <Th className="text-right">Failed runs</Th>
            </Tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <Tr key={job.name}>
                <RowHead className="font-mono text-13">{job.name}</RowHead>
                <Td className="text-right text-13">{job.succeeded ? <RelativeTime iso={job.succeeded} /> : "never"}</Td>
                <Td className="figures text-right max-md:hidden">{formatCount(job.tookMs)} ms</Td>
                <Td className="figures text-right">{formatCount(job.failures)}</Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
