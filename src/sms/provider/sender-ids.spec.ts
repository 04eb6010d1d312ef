import { readSenderIds, senderIdFaults } from './sender-ids.js';

describe('sender ids by country', () => {
  it('are read with the country in capitals', () => {
    expect(senderIdFaults(['gb:Acme', 'DE:Acme2'])).toEqual([]);
    expect(readSenderIds(['gb:Acme', 'DE:Acme2'])).toEqual([
      { id: 'Acme', country: 'GB' },
      { id: 'Acme2', country: 'DE' },
    ]);
  });

  it('are refused with every fault named', () => {
    const faults = senderIdFaults(['Acme', 'XX:Acme', 'GB:1Acme', 'GB:TwelveLetter', 'FR:', 'DE:A:B', 'IT:Äcme']);
    expect(faults.join('\n')).toMatchInlineSnapshot(`
     ""Acme" is not written as COUNTRY:SENDER
     "XX:Acme" begins with no country of two letters
     "GB:1Acme" has no sender id of 1 to 11 letters and digits, a letter first
     "GB:TwelveLetter" has no sender id of 1 to 11 letters and digits, a letter first
     "GB:TwelveLetter" names GB again
     "FR:" has no sender id of 1 to 11 letters and digits, a letter first
     "DE:A:B" is not written as COUNTRY:SENDER
     "IT:Äcme" has no sender id of 1 to 11 letters and digits, a letter first"
    `);
  });
});
