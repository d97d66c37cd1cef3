export { getDrain as GET, postDrain as POST } from "@/rest/internal/metering";
