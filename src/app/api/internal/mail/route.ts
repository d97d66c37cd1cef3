export { getMail as GET } from "@/rest/internal/mail";
