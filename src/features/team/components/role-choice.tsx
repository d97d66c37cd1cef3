import { Choice, ChoiceGroup } from "@/components/field";
import { ROLE_WORDS, ROLES, type Role } from "../rules";

/** The roles with what each may do. */
export function RoleChoice({ name, value, onChange }: { name: string; value: Role; onChange: (role: Role) => void }) {
  return (
    <ChoiceGroup legend="Role">
      <div className="grid gap-2">
        {ROLES.map((role) => (
          <Choice
            key={role}
            type="radio"
            name={name}
            title={ROLE_WORDS[role].name}
            note={ROLE_WORDS[role].may}
            checked={value === role}
            onChange={() => onChange(role)}
          />
        ))}
      </div>
    </ChoiceGroup>
  );
}
