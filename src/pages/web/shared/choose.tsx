interface ChooseProps {
  readonly label: string;
  readonly name: string;
  /** A word, or a word and what is said for it. */
  readonly options: readonly (string | readonly [value: string, said: string])[];
  /** What is said for none; without it, one has to be chosen. */
  readonly none?: string;
  readonly value?: string;
}

export const Choose = ({ label, name, options, none, value = '' }: ChooseProps) => (
  <label>
    {label}
    <select name={name} defaultValue={value} key={value}>
      {none !== undefined && <option value="">{none}</option>}
      {options.map((option) => {
        const [code, said] = typeof option === 'string' ? [option, option] : option;
        return (
          <option key={code} value={code} selected={code === value}>
            {said}
          </option>
        );
      })}
    </select>
  </label>
);

/** Two letters of a country. */
export const ChooseCountry = ({ value }: { readonly value?: string }) => (
  <label>
    Country
    <input
      name="country"
      key={value}
      defaultValue={value}
      size={4}
      maxLength={2}
      pattern="[A-Za-z]{2}"
      title="Two letters, such as US"
      placeholder="any"
      autocomplete="off"
    />
  </label>
);
