using System.Net;
using System.Net.Sockets;
using Pilothouse.Listening;

namespace Pilothouse.Tests.Listening;

public sealed class NewConnectionsTests
{
    [Fact]
    public async Task An_ignored_client_finds_nobody_and_one_that_came_before_is_served()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have no such filter.");
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        using var before = new TcpClient();
        await before.ConnectAsync((IPEndPoint)listening.LocalEndPoint!, TestContext.Current.CancellationToken);

        NewConnections.Ignore(listening);

        using var after = new TcpClient();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await after.ConnectAsync((IPEndPoint)listening.LocalEndPoint!, soon.Token));
        await before.GetStream().WriteAsync(new byte[] { 7 }, TestContext.Current.CancellationToken);
        using var accepted = await listening.AcceptAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[1];
        Assert.Equal(1, await accepted.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal(7, buffer[0]);
        Assert.False(listening.Poll(TimeSpan.Zero, SelectMode.SelectRead));
    }
}
