namespace Pilothouse.Agents;

/// <summary>
/// To which decision each use of an outside API belongs, by its id and by the index of the decision in the <see cref="DecisionBook"/>: a use
/// that is gone, or names another decision now, is taken from the one that it named before. 4 bytes a use. Not thread-safe.
/// </summary>
internal sealed class CostRows
{
    private const int BitsOfPart = 12;
    private const int RowsOfPart = 1 << BitsOfPart;

    /// <summary>1 more than the index; 0 for none.</summary>
    private readonly Dictionary<long, int[]> parts = [];

    /// <summary>Returns the index of the decision; -1 if none is known.</summary>
    public int this[long id] => parts.TryGetValue(id >> BitsOfPart, out var part) ? part[id & (RowsOfPart - 1)] - 1 : -1;

    public void Set(long id, int index)
    {
        if (!parts.TryGetValue(id >> BitsOfPart, out var part))
        {
            parts[id >> BitsOfPart] = part = new int[RowsOfPart];
        }

        part[id & (RowsOfPart - 1)] = index + 1;
    }

    /// <summary>Adds the uses of other decisions.</summary>
    /// <param name="first">How much higher the index of each decision is here.</param>
    public void Add(CostRows other, int first)
    {
        foreach (var (number, theirs) in other.parts)
        {
            for (var i = 0; i < RowsOfPart; i++)
            {
                if (theirs[i] > 0)
                {
                    Set((number << BitsOfPart) + i, theirs[i] - 1 + first);
                }
            }
        }
    }
}
