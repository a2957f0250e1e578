using System.Runtime.InteropServices;

namespace Pilothouse.Cli;

/// <summary>
/// Standard input, output and error, where whoever started the program had closed them: the next file that is opened would get such a number, and
/// a database would then be written what is meant for a person.
/// </summary>
internal static partial class StandardFiles
{
    private const int GetFlags = 1;
    private const int ClosedByExec = 1;
    private const int ReadAndWrite = 2;

    /// <summary>
    /// Puts nothing (/dev/null) in the place of each that is closed. One that the runtime has taken for itself before stays its own, and nothing is
    /// read from it or written to it. To be called before anything else is opened.
    /// </summary>
    public static void Open()
    {
        for (var number = 0; number <= 2 && !OperatingSystem.IsWindows(); number++)
        {
            // The kernel gives the lowest number that is free. What came through exec is not to be closed by exec; what the runtime opened is.
            var flags = Control(number, GetFlags);
            if (flags < 0)
            {
                _ = Open("/dev/null", ReadAndWrite);
            }
            else if ((flags & ClosedByExec) != 0)
            {
                LeaveAlone(number);
            }
        }
    }

    private static void LeaveAlone(int number)
    {
        switch (number)
        {
            case 0:
                Console.SetIn(TextReader.Null);
                break;
            case 1:
                Console.SetOut(TextWriter.Null);
                break;
            default:
                Console.SetError(TextWriter.Null);
                break;
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int file, int command);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
