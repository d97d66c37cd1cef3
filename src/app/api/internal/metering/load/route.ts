export { postLoad as POST } from "@/rest/internal/metering";
