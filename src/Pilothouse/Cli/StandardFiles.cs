using System.Runtime.InteropServices;

namespace Pilothouse.Cli;

/// <summary>
/// Makes sure that standard input, output and error are open. If the program is started with one of them closed, the next file that it
/// opens gets that number, and messages for the user would be written into a database.
/// </summary>
internal static partial class StandardFiles
{
    private const int GetFlags = 1;
    private const int ClosedByExec = 1;
    private const int ReadAndWrite = 2;

    /// <summary>
    /// Opens /dev/null in place of each one that is closed. If the runtime has already used such a number for a file of its own, that
    /// stays, and nothing is read from it or written to it. Call this before anything else is opened.
    /// </summary>
    public static void Open()
    {
        for (var number = 0; number <= 2 && !OperatingSystem.IsWindows(); number++)
        {
            // The kernel gives the lowest free number. A descriptor from the parent process has no close-on-exec flag, one that the runtime
            // opened has it.
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
