const LEASE_MS = 20_000;

/**
 * Runs the work while no other tab of this site runs work of the same name. Browsers offer real
 * locks only on HTTPS and localhost; on a plain-HTTP home network a lease in localStorage stands in.
 */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (navigator.locks) return navigator.locks.request(name, work);
  const release = await takeLease(`vatio.lock.${name}`);
  try {
    return await work();
  } finally {
    release();
  }
}

async function takeLease(key: string): Promise<() => void> {
  const mine = `${Math.random()}`;
  try {
    const givenUp = Date.now() + LEASE_MS;
    while (Date.now() < givenUp) {
      const [holder, until] = (localStorage.getItem(key) ?? '').split('|');
      if (!holder || Number(until) < Date.now()) {
        localStorage.setItem(key, `${mine}|${Date.now() + LEASE_MS}`);
        // Two tabs may have written at once: the one that finds its own name a moment later has it.
        await pause(40);
        if (localStorage.getItem(key)?.startsWith(`${mine}|`)) break;
      }
      await pause(60 + Math.random() * 120);
    }
  } catch {
    // Without storage no other tab can share our token, so there is nobody to exclude.
  }
  return () => {
    try {
      if (localStorage.getItem(key)?.startsWith(`${mine}|`)) localStorage.removeItem(key);
    } catch {
      // As above.
    }
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
