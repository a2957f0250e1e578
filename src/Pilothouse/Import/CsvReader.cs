using System.Text;
using Pilothouse.Storage.Files;

namespace Pilothouse.Import;

/// <summary>A record of a CSV file.</summary>
/// <param name="Line">The line on which it begins, from 1 on.</param>
internal sealed record CsvRecord(long Line, IReadOnlyList<string> Values);

/// <summary>Reads a CSV file (RFC 4180), in UTF-8 or UTF-16, with any delimiter. Empty lines are skipped.</summary>
internal sealed class CsvReader : IDisposable
{
    private const int LongestValue = 1_000_000;
    private readonly string path;
    private readonly char delimiter;
    private readonly Stream file;
    private readonly StreamReader reader;
    private readonly StringBuilder value = new();
    private long line = 1;

    /// <exception cref="ImportRefusedException">The file cannot be read.</exception>
    public CsvReader(string path, char delimiter)
    {
        this.path = path;
        this.delimiter = delimiter;
        try
        {
            file = PlainFile.Read(path, FileShare.ReadWrite);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ImportRefusedException(Directory.Exists(path) ? $"{path} is a folder. Name the file in it."
                : !File.Exists(path) ? $"There is no file {path}." : $"{path} cannot be read: {error.Message}");
        }

        reader = new(file, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
    }

    /// <summary>The part that has been read, from 0 to 1.</summary>
    public double Part => file.Length == 0 ? 1 : (double)file.Position / file.Length;

    /// <summary>Returns the delimiter of the first line: the one of ; , tab | that is there most often.</summary>
    public static char DelimiterOf(string path)
    {
        using var reader = new CsvReader(path, '\0');
        var first = reader.Next()?.Values[0] ?? "";
        return ";,\t|".MaxBy(delimiter => first.Count(letter => letter == delimiter));
    }

    /// <summary>Returns the next record; null at the end.</summary>
    /// <exception cref="ImportRefusedException">The file is no CSV file.</exception>
    public CsvRecord? Next()
    {
        try
        {
            return Read();
        }
        catch (DecoderFallbackException)
        {
            throw Refused("has bytes that are not UTF-8. Save it as UTF-8 and try again");
        }
        catch (IOException error) when (error is not ImportRefusedException)
        {
            throw new ImportRefusedException($"{path} cannot be read: {error.Message}");
        }
    }

    public void Dispose()
    {
        reader.Dispose();
        file.Dispose();
    }

    private CsvRecord? Read()
    {
        var values = new List<string>();
        var start = line;
        while (true)
        {
            var next = reader.Peek();
            if (next < 0 && values.Count == 0)
            {
                return null;
            }

            var ended = next == '"' ? ReadQuoted(start) : ReadPlain();
            values.Add(value.ToString());
            if (!ended)
            {
                continue;
            }

            if (values is not [""])
            {
                return new(start, values);
            }

            values.Clear();
            start = line;
        }
    }

    /// <summary>Reads a value without quotes.</summary>
    /// <returns>Whether it ends its record.</returns>
    private bool ReadPlain()
    {
        value.Clear();
        while (true)
        {
            var letter = reader.Read();
            switch (letter)
            {
                case < 0:
                    return true;
                case '\n' or '\r':
                    TakeLineEnd(letter);
                    return true;
                case 0:
                    throw Refused("has bytes that are no text. It is no CSV file");
                case var _ when letter == delimiter:
                    return false;
                default:
                    Append((char)letter);
                    break;
            }
        }
    }

    private bool ReadQuoted(long start)
    {
        value.Clear();
        reader.Read();
        while (true)
        {
            var letter = reader.Read();
            if (letter < 0)
            {
                throw Refused($"has a quotation mark on line {start} that is not closed");
            }

            if (letter != '"')
            {
                line += letter == '\n' ? 1 : 0;
                Append((char)letter);
                continue;
            }

            if (reader.Peek() == '"')
            {
                reader.Read();
                Append('"');
                continue;
            }

            // What follows the closing mark belongs to the value, as spreadsheets read it.
            var quoted = value.ToString();
            var ended = ReadPlain();
            value.Insert(0, quoted);
            return ended;
        }
    }

    private void TakeLineEnd(int letter)
    {
        if (letter == '\r' && reader.Peek() == '\n')
        {
            reader.Read();
        }

        line++;
    }

    private void Append(char letter)
    {
        if (value.Length == LongestValue)
        {
            throw Refused($"has a value of more than a million characters near line {line}. It is no CSV file, or a quotation mark is not closed");
        }

        value.Append(letter);
    }

    private ImportRefusedException Refused(string what) => new($"{path} {what}.");
}
