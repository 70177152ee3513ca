// Tries io_uring out: a kernel version says little (backports, seccomp, io_uring_disabled, memory limits). Control plane.
using FastKv.Network.Native;

namespace FastKv.Network.Uring;

internal static unsafe class UringProbe
{
    private static readonly Lazy<(bool Usable, string Reason)> s_result = new(Try);

    internal static bool IsUsable(out string reason)
    {
        (bool usable, reason) = s_result.Value;
        return usable;
    }

    private static (bool Usable, string Reason) Try()
    {
        try
        {
            return (true, Exercise());
        }
        catch (NetworkException exception)
        {
            return (false, exception.Message);
        }
    }

    /// <summary>Receives through a multishot request and a provided buffer, and sends, over a socket pair.</summary>
    private static string Exercise()
    {
        int* pair = stackalloc int[2];
        if (Libc.SocketPair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) != 0) throw new NetworkException("socketpair", Libc.LastError);
        try
        {
            using var ring = new Ring(8, 16);
            using var buffers = new ReceiveBuffers(ring, 2);
            ring.EnsureEnabled();
            SubmitExercise(ring, pair[0], pair[1]);
            CheckExercise(ring);
            return (ring.SetupFlags & UringAbi.SetupDeferTaskRun) != 0
                ? "single issuer, deferred task work"
                : "without deferred task work (kernel older than 6.1): somewhat dearer";
        }
        finally
        {
            Libc.Close(pair[0]);
            Libc.Close(pair[1]);
        }
    }

    private static void SubmitExercise(Ring ring, int receiver, int sender)
    {
        SubmissionEntry* receive = ring.Next();
        receive->Opcode = UringAbi.OpReceive;
        receive->Flags = UringAbi.EntryBufferSelect;
        receive->IoPriority = UringAbi.ReceiveMultishot;
        receive->Descriptor = receiver;
        receive->UserData = (ulong)TokenKind.Receive;

        byte data = 1;
        SubmissionEntry* send = ring.Next();
        send->Opcode = UringAbi.OpSend;
        send->Descriptor = sender;
        send->Address = (ulong)&data;
        send->Length = 1;
        send->UserData = (ulong)TokenKind.Send;
        ring.Enter(0);
    }

    private static void CheckExercise(Ring ring)
    {
        const int WaitsMax = 20;
        const long WaitMicroseconds = 50_000;
        bool received = false;
        bool sent = false;
        for (int wait = 0; wait < WaitsMax && !(received && sent); wait++)
        {
            ring.Completions(out uint head, out uint tail);
            for (uint position = head; position != tail; position++)
            {
                CompletionEntry* completion = ring.Completion(position);
                if (completion->Result < 0) throw new NetworkException("io_uring multishot receive", -completion->Result);
                if (completion->UserData == (ulong)TokenKind.Send) sent = true;
                else received = (completion->Flags & (UringAbi.CompletionBuffer | UringAbi.CompletionMore)) == 3;
            }

            ring.Release(tail);
            if (!(received && sent)) ring.Enter(WaitMicroseconds);
        }

        if (!received || !sent) throw new NetworkException("multishot receive with provided buffers is not supported");
    }
}
