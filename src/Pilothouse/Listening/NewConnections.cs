using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Pilothouse.Listening;

/// <summary>
/// Keeps new connections away from a listening socket that is about to be closed. The system resets each connection that it has accepted
/// and the server has not, and such a connection may carry a whole request already.
/// </summary>
internal static unsafe class NewConnections
{
    // The numbers of Linux: setsockopt(SOL_SOCKET, SO_ATTACH_FILTER) of asm-generic/socket.h, and the instructions of linux/filter.h.
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;

    /// <summary>
    /// A filter of four instructions that drops each packet that asks for a new connection: load byte 13 of the TCP header, its flags; if
    /// SYN is set, keep 0 bytes of the packet; else keep all.
    /// </summary>
    private static readonly Instruction[] DropRequestsToConnect =
    [
        new(0x30, 0, 0, 13), new(0x45, 0, 1, 0x02), new(0x06, 0, 0, 0), new(0x06, 0, 0, uint.MaxValue),
    ];

    /// <summary>
    /// Makes the system ignore new connections to the socket from now on. It keeps those that it has accepted already. The client asks again
    /// after a second and finds that nobody listens, or the server that was started meanwhile. On other systems than Linux nothing changes.
    /// </summary>
    public static void Ignore(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        fixed (Instruction* instructions = DropRequestsToConnect)
        {
            // struct sock_fprog: the count of instructions in 2 bytes, and their address at the place that its alignment gives it.
            Span<byte> program = stackalloc byte[2 * sizeof(nint)];
            program.Clear();
            MemoryMarshal.Write(program, (ushort)DropRequestsToConnect.Length);
            MemoryMarshal.Write(program[sizeof(nint)..], (nint)instructions);
            try
            {
                socket.SetRawSocketOption(SocketLevel, AttachFilter, program);
            }
            catch (SocketException)
            {
                // A system without such filters: a connection of the last moment may be reset, as it would be without this call.
            }
        }
    }

    private readonly record struct Instruction(ushort Code, byte JumpIfTrue, byte JumpIfFalse, uint Value);
}
