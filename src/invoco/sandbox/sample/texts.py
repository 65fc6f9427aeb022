"""What people write into a CRM: tags, titles, notes, sources."""

# ruff: noqa: RUF001  other scripts and their punctuation are meant as they stand

from __future__ import annotations

from typing import Final

TAGS: Final = (
    "newsletter", "lead", "hot lead", "cold", "customer", "vip", "webinar 2025", "black friday", "referral", "no show",
    "paid in full", "invoice overdue", "facebook ad", "google ad", "trial", "churned", "do not call", "onboarding",
    "spring-campaign", "kunde", "señal pagada", "étudiant", "клієнт", "لید", "お得意様", "⭐ five stars",
)  # fmt: skip

SOURCES: Final = (
    "public api", "website form", "facebook lead form", "csv import", "calendar widget", "chat widget", "referral",
    "trade fair Köln", "google my business", "zapier", "manual", "landing page: spring sale 🌷",
)  # fmt: skip

CONTACT_TYPES: Final = ("lead", "lead", "lead", "customer", "customer", "partner")

TASK_TITLES: Final = (
    "Call back", "Send the offer", "Send the contract", "Ask for the missing documents", "Check the invoice",
    "Welcome call", "Angebot nachfassen", "Rappeler la semaine prochaine", "Enviar presupuesto", "電話をかけ直す",
    "الاتصال بالعميل", "Передзвонити завтра", "Wish a happy birthday 🎂", "Renew the subscription", "Book a demo",
)  # fmt: skip

SENTENCES: Final = (
    "Spoke on the phone, very friendly.",
    "Wants an offer by Friday.",
    "Prefers e-mail over calls.",
    'Has two children and a dog called "Bello".',
    "Asked about the price of the yearly plan (€1,299).",
    "Left a voice message.",
    "Will decide together with the partner.",
    "Interessiert sich für die größere Lösung – Rückruf nach 17 Uhr.",
    "A demandé un délai supplémentaire ; à relancer.",
    "Quedamos en volver a hablar mañana.",
    "Просить надіслати договір електронною поштою.",
    "طلب العميل موعدًا جديدًا.",
    "הלקוחה ביקשה הצעת מחיר.",
    "来週もう一度連絡する予定です。",
    "客户希望下周见面。",
    "कृपया अगले सप्ताह फ़ोन करें।",
    "ลูกค้าขอใบเสนอราคาใหม่",
    "Great conversation 🎉👍🏽 – sent the link.",
    "First line\nSecond line\n\t• a point with a tab",
    "Discount code: <b>SPRING & SUN</b> 'quoted' \\ back\\slash",
)  # fmt: skip

NOTE_COLORS: Final = ("#FFAA00", "#00A86B", "#1E90FF", "#E0115F")

APPOINTMENT_TITLES: Final = (
    "Discovery call", "Demo", "Strategy session", "Erstgespräch", "Rendez-vous conseil", "Cita de seguimiento",
    "無料相談", "Review of the quarter", "Consultation 👩‍⚕️",
)  # fmt: skip

MEETING_PLACES: Final = ("https://meet.example.com/room-7", "Office, 2nd floor", "By phone", "Zoom", "")

PAST_STATUSES: Final = ("showed", "showed", "showed", "noshow", "cancelled", "confirmed", "invalid")
FUTURE_STATUSES: Final = ("confirmed", "confirmed", "confirmed", "new", "new", "cancelled")

CAMPAIGNS: Final = ("spring-sale", "brand_search", "retargeting-30d", "newsletter-09", "lookalike 1%")
REFERRERS: Final = ("https://www.google.com/", "https://m.facebook.com/", "https://www.instagram.com/")
MEDIA: Final = ("form", "survey", "calendar", "chat_widget", "trigger_link")
BROWSERS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
)

MAIL_DOMAINS: Final = (
    "mail.example.com", "example.com", "post.example.org", "inbox.example.net", "Example.COM", "firma.example.org",
)  # fmt: skip
OTHER_MAIL_DOMAIN: Final = "private.example.net"
"""Of additional e-mails alone, so that no address is given twice."""
