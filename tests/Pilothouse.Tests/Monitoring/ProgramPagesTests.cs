using Pilothouse.Monitoring;

namespace Pilothouse.Tests.Monitoring;

/// <summary>Which pages of the program are given back after the start.</summary>
public sealed class ProgramPagesTests
{
    [Fact]
    public void Only_parts_that_are_as_in_their_file_are_given_back()
    {
        string[] smaps =
        [
            "1000-3000 r--p 00000000 fe:00 1 /opt/pilothouse", "Rss:  8 kB", "Anonymous:  0 kB", "VmFlags: rd mr mw me",
            "3000-8000 r-xp 00002000 fe:00 1 /opt/pilot house (deleted)", "Anonymous:             0 kB",
            "8000-9000 r--p 00007000 fe:00 1 /opt/pilothouse", "Anonymous:             4 kB",
            "9000-a000 rw-p 00008000 fe:00 1 /opt/pilothouse", "Anonymous:             0 kB",
            "b000-c000 r--s 00000000 fe:00 2 /data/trading_bot.db-shm", "Anonymous:             0 kB",
            "c000-d000 r--p 00000000 00:00 0 ", "Anonymous:             0 kB",
            "d000-e000 r-xp 00000000 00:00 0 [vdso]", "Anonymous:             0 kB",
            "7ffe00001000-7ffe00002000 r-xp 00000000 fe:00 3 /usr/lib/libc.so.6", "Anonymous:             0 kB",
        ];
        (nuint Start, nuint Length)[] expected = [(0x1000, 0x2000), (0x3000, 0x5000), (unchecked((nuint)0x7ffe00001000), 0x1000)];
        Assert.Equal(expected, ProgramPages.Unwritten(smaps));
    }

    [Fact]
    public void The_program_goes_on_with_fewer_resident_pages()
    {
        var before = FilePages();
        Assert.True(ProgramPages.GiveBack() > 1 << 20);
        var after = FilePages();
        Assert.True(after < before, $"{before} kB of files were resident before, {after} kB after");
    }

    private static long FilePages() => long.Parse(
        File.ReadLines("/proc/self/status").Single(static line => line.StartsWith("RssFile:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture);
}
