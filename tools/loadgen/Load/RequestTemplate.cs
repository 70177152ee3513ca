// A command as bytes, ready but for its keys. Data plane, except for making it.
//
//   "SET key:{key} {value}"  ──►  *3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$16\r\nxk7...\r\n
//                                                                        ▲ the digits of each request end here
//
// Everything has a fixed width, so a request is a copy of the image with some digits stored over it.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using FastKv.Memory;

namespace FastKv.LoadGen.Load;

/// <summary>What the placeholders of a template stand for.</summary>
/// <param name="KeyDigits">Digits of a key number, with leading zeros.</param>
/// <param name="ValueBytes">Bytes of a value.</param>
internal readonly record struct TemplateSizes(int KeyDigits, int ValueBytes);

/// <summary>A request image and the places of its keys. Lives as long as the process: its native memory is never freed.</summary>
internal sealed unsafe class RequestTemplate
{
    private const string KeyMark = "{key}";
    private const string ValueMark = "{value}";

    /// <summary>Copies go in steps of this, so that many bytes behind a request must be writable.</summary>
    private const int StepBytes = 32;

    private const int SteppedBytesMax = 512;

    private readonly byte* _image;
    private readonly int _copiedBytes;
    private readonly int[] _keyEnds;
    private readonly DigitWriter _digits;

    private RequestTemplate(string text, byte[] image, int[] keyEnds, DigitWriter digits)
    {
        Text = text;
        LengthBytes = image.Length;
        _copiedBytes = (image.Length + StepBytes - 1) / StepBytes * StepBytes;
        _image = (byte*)NativeMemory.AlignedAlloc((nuint)_copiedBytes, 64);
        image.CopyTo(new Span<byte>(_image, image.Length));
        _keyEnds = keyEnds;
        _digits = digits;
    }

    /// <summary>What it was made from.</summary>
    public string Text { get; }

    /// <summary>Bytes of one request.</summary>
    public int LengthBytes { get; }

    /// <summary>Room that <see cref="Write"/> needs.</summary>
    public int RoomBytes => _copiedBytes;

    /// <summary>Makes a template of a command line.</summary>
    /// <param name="text">Words, quoted where they contain blanks, with <c>{key}</c> and <c>{value}</c> anywhere in them.</param>
    /// <param name="sizes">Of keys and values.</param>
    /// <exception cref="FormatException">There is no word in it, or a quote is not closed.</exception>
    public static RequestTemplate Parse(string text, TemplateSizes sizes)
    {
        List<string> words = WordSplitter.Split(text);
        if (words.Count == 0)
            throw new FormatException("A command has at least one word.");
        string value = ValueText(sizes.ValueBytes);
        string zeros = new('0', sizes.KeyDigits);
        var image = new List<byte>(Encoding.UTF8.GetBytes($"*{words.Count}\r\n"));
        var keyEnds = new List<int>();
        foreach (string word in words)
        {
            string[] parts = word.Replace(ValueMark, value, StringComparison.Ordinal).Split(KeyMark);
            byte[][] encoded = [.. parts.Select(Encoding.UTF8.GetBytes)];
            int length = encoded.Sum(p => p.Length) + ((parts.Length - 1) * zeros.Length);
            image.AddRange(Encoding.UTF8.GetBytes($"${length}\r\n"));
            for (int i = 0; i < encoded.Length; i++)
            {
                if (i > 0)
                {
                    image.AddRange(Encoding.UTF8.GetBytes(zeros));
                    keyEnds.Add(image.Count);
                }
                image.AddRange(encoded[i]);
            }
            image.AddRange("\r\n"u8);
        }
        return new RequestTemplate(text, [.. image], [.. keyEnds], new DigitWriter(sizes.KeyDigits));
    }

    /// <summary>Writes one request; <see cref="RoomBytes"/> at <paramref name="destination"/> must be writable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(byte* destination, KeySource keys)
    {
        int copied = _copiedBytes;
        if (copied <= SteppedBytesMax)
        {
            for (int offset = 0; offset < copied; offset += StepBytes)
                Vector256.Store(Vector256.Load(_image + offset), destination + offset);
        }
        else
        {
            Buffer.MemoryCopy(_image, destination, copied, copied);
        }
        foreach (int end in _keyEnds)
            _digits.Write(destination + end, keys.Next());
    }

    /// <summary>Letters and digits without a pattern, so that a server which compresses gains nothing.</summary>
    private static string ValueText(int length)
    {
        const string Letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
        var random = new RandomSource(7);
        return string.Create(length, 0, (text, _) =>
        {
            for (int i = 0; i < text.Length; i++)
                text[i] = Letters[(int)random.Below(Letters.Length)];
        });
    }
}
