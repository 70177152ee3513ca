// A command as bytes, ready but for what each request fills in. Data plane, except for making it.
//
//   "SET key:{key} {value}"  ──►  *3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$16\r\nxk7...\r\n
//                                                                        ▲ the digits of each request end here
//
// Where everything has a fixed width, a request is a copy of the image with some bytes stored over it. Where a number is as wide as it is long, the
// image is cut in pieces around it:
//
//   "ZADD z {int:1M} m{key}"  ──►  │*4\r\n$4\r\nZADD\r\n$1\r\nz\r\n│ draw, $6\r\n │ 123456 │\r\n$13\r\nm000000000000\r\n│
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FastKv.LoadGen.Load;

/// <summary>What the placeholders of a template stand for.</summary>
/// <param name="KeyDigits">Digits of a key number, with leading zeros.</param>
/// <param name="ValueBytes">Bytes of a value.</param>
internal readonly record struct TemplateSizes(int KeyDigits, int ValueBytes);

/// <summary>A place of fixed width in the image.</summary>
/// <param name="Field">What is stored there.</param>
/// <param name="End">Where it ends, from the image's start.</param>
internal readonly record struct FixedPlace(Placeholder Field, int End);

/// <summary>What follows a piece.</summary>
internal enum PieceEnd
{
    /// <summary>The next request.</summary>
    Nothing,

    /// <summary>A number is drawn, and the header of its word written.</summary>
    Header,

    /// <summary>The number that was drawn.</summary>
    Number,
}

/// <summary>A part of the image up to a number of natural width.</summary>
/// <param name="Start">Its first byte, from the image's start.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="End">What follows it.</param>
/// <param name="Field">The number to draw for a header.</param>
/// <param name="WordBytes">Bytes of the number's word beside the number.</param>
internal readonly record struct ImagePiece(int Start, int Length, PieceEnd End, Placeholder Field, int WordBytes);

/// <summary>A request image and the places to fill in. Lives as long as the process: its native memory is never freed.</summary>
internal sealed unsafe class RequestTemplate
{
    /// <summary>Copies go in steps of this, so that many bytes behind a request must be writable.</summary>
    private const int StepBytes = 32;

    private const int SteppedBytesMax = 512;

    private readonly byte* _image;
    private readonly int _imageBytes;
    private readonly int _copiedBytes;
    private readonly FixedPlace[] _places;
    private readonly ImagePiece[] _pieces;
    private readonly DigitWriter _keyDigits;

    private RequestTemplate(string text, TemplateParser parsed, DigitWriter keyDigits)
    {
        Text = text;
        Requests = parsed.Requests;
        byte[] image = [.. parsed.Image];
        _imageBytes = image.Length;
        _copiedBytes = (image.Length + StepBytes - 1) / StepBytes * StepBytes;
        _image = (byte*)NativeMemory.AlignedAlloc((nuint)_copiedBytes, 64);
        image.CopyTo(new Span<byte>(_image, image.Length));
        _places = [.. parsed.Places];
        _pieces = [.. parsed.Pieces];
        _keyDigits = keyDigits;

        // A word's header may be longer than one digit, and the number as long as numbers are.
        const int HeaderBytesMax = 16;
        RoomBytes = _copiedBytes + (_pieces.Length * (Placeholder.NumberBytesMax + HeaderBytesMax));
    }

    /// <summary>What it was made from.</summary>
    public string Text { get; }

    /// <summary>How many requests it is: those between semicolons go out one behind the other, and each has its reply.</summary>
    public int Requests { get; }

    /// <summary>Room that <see cref="Write"/> needs.</summary>
    public int RoomBytes { get; }

    /// <summary>Makes a template of a command line.</summary>
    /// <param name="text">
    /// Words, quoted where they contain blanks, with placeholders anywhere in them; at most one of natural width in a word. A word <c>;</c> separates requests.
    /// </param>
    /// <param name="sizes">Of keys and values.</param>
    /// <exception cref="FormatException">There is no word in it, a quote is not closed, or a placeholder malformed.</exception>
    public static RequestTemplate Parse(string text, TemplateSizes sizes) => new(text, new TemplateParser(text, sizes), new DigitWriter(sizes.KeyDigits));

    /// <summary>Writes one request; <see cref="RoomBytes"/> at <paramref name="destination"/> must be writable.</summary>
    /// <returns>Bytes of the request.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Write(byte* destination, FieldSource source)
    {
        if (_pieces.Length > 0)
            return WritePieces(destination, source);
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
        foreach (ref readonly FixedPlace place in _places.AsSpan())
            Fill(destination + place.End, in place, source);
        return _imageBytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Fill(byte* end, ref readonly FixedPlace place, FieldSource source)
    {
        if (place.Field.Kind == FieldKind.Key)
            _keyDigits.Write(end, source.NextKey());
        else if (place.Field.Kind == FieldKind.Bytes)
            LetterWriter.WriteRandom(end, place.Field.Width, source);
        else
            LetterWriter.WriteOf(end, place.Field.Width, (ulong)source.NextKey());
    }

    private int WritePieces(byte* destination, FieldSource source)
    {
        byte* number = stackalloc byte[Placeholder.NumberBytesMax];
        byte* numberEnd = number + Placeholder.NumberBytesMax;
        byte* position = destination;
        int placesDone = 0;
        foreach (ref readonly ImagePiece piece in _pieces.AsSpan())
        {
            Unsafe.CopyBlockUnaligned(position, _image + piece.Start, (uint)piece.Length);
            int pieceEnd = piece.Start + piece.Length;
            for (; placesDone < _places.Length && _places[placesDone].End <= pieceEnd; placesDone++)
                Fill(position + (_places[placesDone].End - piece.Start), in _places[placesDone], source);
            position += piece.Length;
            if (piece.End == PieceEnd.Header)
            {
                number = NumberWriter.Write(numberEnd, Draw(piece.Field, source), piece.Field.Decimals);
                position = NumberWriter.WriteBulkHeader(position, piece.WordBytes + (int)(numberEnd - number));
            }
            else if (piece.End == PieceEnd.Number)
            {
                uint length = (uint)(numberEnd - number);
                Unsafe.CopyBlockUnaligned(position, number, length);
                position += length;
            }
        }
        return (int)(position - destination);
    }

    private static long Draw(Placeholder field, FieldSource source) => field.Kind switch
    {
        FieldKind.Number => source.NextNumber(field.Low, field.Count),
        FieldKind.Relative => source.LastNumber + field.Low,
        _ => source.NextSequence(),
    };
}
