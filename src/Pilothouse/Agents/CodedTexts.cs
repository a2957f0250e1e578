using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>What texts mean. Each is read once, unless there are very many. Not thread-safe.</summary>
internal sealed class CodedTexts<T>(Func<string?, T> read)
{
    private const int Most = 20_000;

    private readonly TextCodes codes = new();
    private readonly List<T> meanings = [];

    public T Of(Row row, int column)
    {
        if (codes.Count > Most)
        {
            codes.Clear();
            meanings.Clear();
        }

        var code = codes.Of(row.Word(column));
        if (code < 0)
        {
            return read(null);
        }

        if (code == meanings.Count)
        {
            meanings.Add(read(codes[code]));
        }

        return meanings[code];
    }
}
