export { getHealth as GET } from "@/rest/internal/health";
