export { getReady as GET } from "@/rest/internal/health";
