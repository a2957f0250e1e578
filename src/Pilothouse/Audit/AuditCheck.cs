using System.Globalization;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Audit;

/// <summary>The result of a check of the audit log.</summary>
/// <param name="Rows">How many rows were checked.</param>
/// <param name="Chains">The end of each chain.</param>
/// <param name="Problems">What is wrong, one sentence each; empty if every row is unchanged.</param>
internal sealed record AuditFindings(long Rows, IReadOnlyList<AuditChain> Chains, IReadOnlyList<string> Problems);

/// <summary>The end of a chain at an earlier time, as recorded in the server's log, outside of the database.</summary>
internal sealed record AuditWitness(DateTimeOffset At, string Chain, long Number, string Hash);

/// <summary>
/// Checks the hash of every row of the audit log, the order of the rows, and the ends of the chains against their seals and against the
/// server's log. It reports each row that was changed, removed, moved or added.
/// </summary>
/// <param name="keys">The present key first, then those of earlier secrets.</param>
internal sealed class AuditCheck(IReadOnlyList<AuditKey> keys)
{
    private const int MostProblems = 100;

    private static readonly Sql Rows = new($"SELECT {AuditRow.Columns.Selection} FROM audit_log ORDER BY chain, number, id");

    private readonly List<string> problems = [];
    private Dictionary<string, AuditChain> sealedChains = [];
    private AuditChain? chain;
    private string previous = "";
    private long expected;
    private long previousId;
    private long count;
    private DateTimeOffset? restoredAt;
    private long restoredNumber;
    private ILookup<(string Chain, long Number), AuditWitness> witnesses = Enumerable.Empty<AuditWitness>().ToLookup(PlaceOf);
    private readonly HashSet<AuditWitness> met = [];

    /// <summary>Checks the log in one snapshot.</summary>
    /// <param name="session">The snapshot.</param>
    /// <param name="seen">The ends of the chains in the server's log.</param>
    public async ValueTask<AuditFindings> RunAsync(Session session, IReadOnlyList<AuditWitness> seen)
    {
        witnesses = seen.ToLookup(PlaceOf);
        var chains = await AuditChain.ListAsync(session);
        sealedChains = chains.ToDictionary(static one => one.Chain);
        foreach (var one in chains)
        {
            if (KeyOf(one.KeyId) is not { } key)
            {
                Add($"The end of chain {one.Chain} was sealed under another JWT_SECRET_KEY ({one.KeyId}): name that one in PREVIOUS_JWT_SECRET_KEYS.");
            }
            else if (one.SealBy(key) != one.Seal)
            {
                Add($"The sealed end of chain {one.Chain} was changed: rows at its end may be missing.");
            }
        }

        await session.Prepare(Rows).EachAsync(row => Look(AuditRow.Columns.Read(row)));
        EndChain();
        foreach (var one in sealedChains.Values.Where(static one => one.Number >= one.FirstNumber))
        {
            Add(Missing(one.Chain, one.FirstNumber, one.Number));
        }

        LookAtWitnesses(seen, chains);
        return new(count, chains, problems);
    }

    private void Look(AuditRow row)
    {
        count++;
        if (chain is null || chain.Chain != row.Chain)
        {
            EndChain();
            BeginChain(row);
        }

        if (row.Number < expected)
        {
            Add($"{Name(row)} was added: chain {row.Chain} has that number already, or begins behind it.");
            return;
        }

        if (row.Id <= previousId)
        {
            Add($"{Name(row)} was moved: its id lies before that of the row before it.");
        }

        var isBehindGap = row.Number > expected;
        if (isBehindGap)
        {
            Add(Missing(row.Chain, expected, row.Number - 1));
        }

        Check(row, isBehindGap);
        NoteRestore(row);
        met.UnionWith(witnesses[(row.Chain, row.Number)].Where(witness => witness.Hash == row.Hash));
        (previous, expected, previousId) = (row.Hash, row.Number + 1, row.Id);
    }

    private void Check(AuditRow row, bool isBehindGap)
    {
        if (KeyOf(row.KeyId) is not { } key)
        {
            Add($"{Name(row)} was written under another JWT_SECRET_KEY ({row.KeyId}): name that one in PREVIOUS_JWT_SECRET_KEYS to check it.");
        }
        else if (!isBehindGap && row.HashBy(key, previous) != row.Hash)
        {
            Add($"{Name(row)} was changed, moved or added: its hash does not fit.");
        }
    }

    private void BeginChain(AuditRow row)
    {
        chain = sealedChains.GetValueOrDefault(row.Chain);
        if (chain is null)
        {
            Add($"The sealed end of chain {row.Chain} is missing: rows at its end may be missing too.");
            chain = AuditChain.Empty(row.Chain) with { Number = long.MaxValue };
        }

        (previous, expected, previousId) = (chain.FirstHash, chain.FirstNumber, long.MinValue);
        sealedChains.Remove(row.Chain);
    }

    private void EndChain()
    {
        if (chain is null or { Number: long.MaxValue })
        {
            return;
        }

        if (expected <= chain.Number)
        {
            Add(Missing(chain.Chain, expected, chain.Number) + " The log was truncated at its end.");
        }
        else if (expected - 1 > chain.Number || previous != chain.Hash)
        {
            Add($"Chain {chain.Chain} does not end as it was sealed, at row {chain.Number}: rows at its end were added or changed.");
        }
    }

    /// <summary>
    /// Compares the chains with the ends in the server's log. An end from before a restore may be newer than the restored database; that is
    /// not a problem.
    /// </summary>
    private void LookAtWitnesses(IReadOnlyList<AuditWitness> seen, IReadOnlyList<AuditChain> chains)
    {
        foreach (var witness in seen.Where(witness => !met.Contains(witness)))
        {
            var first = chains.FirstOrDefault(one => one.Chain == witness.Chain)?.FirstNumber ?? 1;
            var isExplained = witness.Number < first || (witness.At <= restoredAt && witness.Number > restoredNumber);
            if (!isExplained)
            {
                Add(string.Create(CultureInfo.InvariantCulture,
                    $"The server's log of {witness.At:yyyy-MM-dd HH:mm} UTC recorded row {witness.Number} of chain {witness.Chain}, which is missing or different now: the audit log was truncated or replaced by an older one."));
            }
        }
    }

    private void NoteRestore(AuditRow row)
    {
        if (row.Operation == AuditedWork.RestoreBackup && Timestamps.TryParse(row.Timestamp, out var at, out _))
        {
            (restoredAt, restoredNumber) = (at, row.Number - 1);
        }
    }

    private static (string Chain, long Number) PlaceOf(AuditWitness witness) => (witness.Chain, witness.Number);

    private AuditKey? KeyOf(string id) => keys.FirstOrDefault(key => key.Id == id);

    private void Add(string problem)
    {
        if (problems.Count < MostProblems)
        {
            problems.Add(problem);
        }
    }

    private static string Name(AuditRow row) => string.Create(CultureInfo.InvariantCulture, $"Row {row.Number} of chain {row.Chain} (id {row.Id}, {row.Timestamp}, {row.Operation})");

    private static string Missing(string chain, long first, long last) => string.Create(CultureInfo.InvariantCulture,
        $"{(first == last ? $"Row {first} of chain {chain} is" : $"Rows {first} to {last} of chain {chain} are")} missing.");
}
